import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyProvider } from '../../src/ports/provider.ts';
import { startBroker, type TestAgent, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { type OwnServer, startOwnServer } from '../support/own-server.ts';
import { createShop, type ShopDatabase } from '../support/shop.ts';

const SCOPE = 'shop-staging:read';

/** When the resource's server is killed: around a call of the provider, or so many ms into it. */
type Moment = 'before' | 'after' | 'first zero' | number;

describe('promise 5: kill -9 of the resource in the middle', () => {
  let server: OwnServer;
  let broker: TestBroker;
  let shop: ShopDatabase;
  let agent: TestAgent;
  /** The next call of that method meets a killing; later ones do not. */
  let due: { readonly call: 'issue' | 'revoke'; readonly moment: Moment } | undefined;

  beforeAll(async () => {
    server = await startOwnServer();
    [broker, shop] = await Promise.all([
      startBroker({
        overrides: { providers: (all) => new Map([...all].map(([k, p]) => [k, fragile(p)])) },
      }),
      createShop(server),
    ]);
    await broker.apply(SHOP_BUNDLE);
    const admin = await broker.operator();
    const params = { name: 'shop-staging/admin-url' };
    await admin.call('setSecret', { params, body: { value: shop.adminUrl } });
    agent = await broker.agent();
  });
  afterAll(async () => {
    await broker.stop();
    await server.stop();
  });

  function fragile(provider: AnyProvider): AnyProvider {
    return {
      ...provider,
      issue: (request) => meet('issue', () => provider.issue(request)),
      revoke: (request) =>
        meet('revoke', (kill) =>
          provider.revoke({
            ...request,
            onFirstZero: (ms) => {
              request.onFirstZero?.(ms);
              kill('first zero');
            },
          }),
        ),
    };
  }

  async function meet<T>(
    call: 'issue' | 'revoke',
    run: (kill: (moment: Moment) => void) => Promise<T>,
  ): Promise<T> {
    if (due?.call !== call) return run(() => undefined);
    const { moment } = due;
    due = undefined;
    const kill = (now: Moment) => {
      if (now === moment) server.kill();
    };
    kill('before');
    if (typeof moment === 'number') setTimeout(() => kill(moment), moment);
    const result = await run(kill);
    kill('after');
    return result;
  }

  async function taskClient() {
    const task = { purpose: 'look at orders' };
    const minted = await agent.session.mintToken({ scopes: [SCOPE], task });
    return { task: minted.task_id ?? '', client: agent.session.client(minted.access_token) };
  }

  /** What the store says of the leases of a task, and whether the shop agrees. */
  async function standing(task: string) {
    const leases = await broker.store.asSuperuser<{ name: string; state: string }>(
      'select outside_name as name, state from countersign.leases where task_id = $1',
      [task],
    );
    const roles = await shop.leaseRoles(broker.composed.broker.installation);
    const live = leases.filter(({ state }) => state === 'active').map(({ name }) => name);
    return {
      settled: leases.every(({ state }) => state === 'active' || state === 'revoked'),
      unknown: roles.filter((role) => !live.includes(role)),
      missing: live.filter((name) => !roles.includes(name)),
      live: live.length,
    };
  }

  it.each(['before', 1, 3, 6, 'after'] as Moment[])('at issue: %s', async (moment) => {
    const { task, client } = await taskClient();
    due = { call: 'issue', moment };
    const answer = await client.call('issueLease', { body: { scope: SCOPE } }).then(
      () => 'issued',
      (error: { code: string }) => error.code,
    );
    if (moment === 'before') expect(answer).toBe('provider_unavailable');
    else if (moment === 'after') expect(answer).toBe('issued');
    else expect(['issued', 'provider_unavailable']).toContain(answer);
    await expect
      .poll(() => standing(task), { timeout: 25_000, interval: 100 })
      .toEqual({ settled: true, unknown: [], missing: [], live: answer === 'issued' ? 1 : 0 });
    await client.call('closeTask', { params: { id: task }, body: {} });
    await expect
      .poll(() => standing(task), { timeout: 25_000, interval: 100 })
      .toEqual({ settled: true, unknown: [], missing: [], live: 0 });
  });

  it.each(['before', 2, 'first zero', 'after'] as Moment[])('at revoke: %s', async (moment) => {
    const { task, client } = await taskClient();
    await client.call('issueLease', { body: { scope: SCOPE } });
    due = { call: 'revoke', moment };
    await client.call('closeTask', { params: { id: task }, body: {} });
    await expect
      .poll(() => standing(task), { timeout: 25_000, interval: 100 })
      .toEqual({ settled: true, unknown: [], missing: [], live: 0 });
    expect(due).toBeUndefined();
    expect(await broker.composed.broker.queue.overdue()).toEqual([]);
  });
});
