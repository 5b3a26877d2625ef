import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providerFailed } from '../../src/domain/errors.ts';
import type { AnyProvider, RevokeRequest } from '../../src/ports/provider.ts';
import type { TestAgent } from '../support/broker.ts';
import { chainOf } from '../support/chain.ts';
import { insertLeases } from '../support/lease-rows.ts';
import { borrow, type Ground, openGround } from './ground.ts';

const EVIDENCE = 'the server of dana@example.com was scrapped';

describe('overdue leases', () => {
  let ground: Ground;
  let agent: TestAgent;
  let revoke: ((request: RevokeRequest) => Promise<never>) | undefined;
  beforeAll(async () => {
    const stubborn = (provider: AnyProvider): AnyProvider => ({
      ...provider,
      revoke: (request) => revoke?.(request) ?? provider.revoke(request),
    });
    ground = await openGround({
      overrides: {
        limits: { revokeTimeoutMs: 2_500 },
        providers: (all) => new Map([...all].map(([kind, one]) => [kind, stubborn(one)])),
      },
    });
    agent = await ground.broker.agent();
  });
  afterAll(() => ground.broker.stop());

  const refuse = () => Promise.reject(providerFailed('provider_rejected', 'Not this one.'));

  async function overdueLease() {
    const held = await borrow(agent);
    revoke = refuse;
    await ground.admin.call('revokeLease', { params: { id: held.lease } });
    const lease = () => ground.admin.call('getLease', { params: { id: held.lease } });
    await expect.poll(async () => (await lease()).overdue_since).toBeDefined();
    return held;
  }

  it('an admin abandons one on evidence; it is shown as that for ever', async () => {
    const held = await overdueLease();
    const call = { params: { id: held.lease }, body: { evidence: EVIDENCE } };
    const abandoned = await ground.admin.call('abandonLease', call);
    expect(abandoned).toMatchObject({
      state: 'abandoned',
      ended_at: expect.any(String),
      overdue_since: expect.any(String),
      last_error: 'provider_rejected: Not this one.',
    });
    expect(abandoned.dead_ms).toBeUndefined();
    expect(await ground.broker.composed.broker.queue.overdue()).toEqual([]);
    const { items } = await ground.admin.call('listLeases', { query: { overdue: 'true' } });
    expect(items).toEqual([]);
    const live = { query: { live: 'true', task: held.task } } as const;
    expect((await ground.admin.call('listLeases', live)).items).toEqual([]);

    // Neither a second time, nor into the queue again, nor away with retention.
    await expect(ground.admin.call('abandonLease', call)).rejects.toMatchObject({
      code: 'conflict',
    });
    revoke = undefined;
    await ground.admin.call('revoke', { body: { task: held.task, reason: 'over' } });
    await ground.admin.call('revokeLease', { params: call.params });
    expect(await ground.stateOf(held.lease)).toBe('abandoned');
    const abandonedOnly = { query: { abandoned: 'true' } } as const;
    const given = (await ground.admin.call('listLeases', abandonedOnly)).items;
    expect(given.map(({ id }) => id)).toEqual([held.lease]);

    const entries = await chainOf(ground.broker.composed);
    const [entry] = entries.filter((e) => e.action === 'lease.abandoned');
    expect(entry).toMatchObject({
      actor: 'opr_host',
      subject: held.lease,
      detail: { outside_name: held.role, sealed: { ct: expect.any(String) } },
    });
    expect(JSON.stringify(entries)).not.toContain('scrapped');
  });

  it('only admins, only what is overdue, only with evidence', async () => {
    const held = await overdueLease();
    const call = { params: { id: held.lease }, body: { evidence: EVIDENCE } };
    for (const client of [await ground.broker.operator('approver'), held.client]) {
      await expect(client.call('abandonLease', call)).rejects.toMatchObject({ status: 403 });
    }
    const blank = { ...call, body: { evidence: '  ' } };
    await expect(ground.admin.call('abandonLease', blank)).rejects.toMatchObject({ status: 400 });
    revoke = undefined;
    const other = await borrow(agent);
    const live = { ...call, params: { id: other.lease } };
    await expect(ground.admin.call('abandonLease', live)).rejects.toMatchObject({
      status: 409,
      code: 'conflict',
    });
    const unknown = { ...call, params: { id: 'lse_nothing' } };
    await expect(ground.admin.call('abandonLease', unknown)).rejects.toMatchObject({ status: 404 });
    await expect.poll(() => ground.stateOf(held.lease), { timeout: 20_000 }).toBe('revoked');
  });

  it('a resource that hangs holds up nobody else, and what waits for it is listed', async () => {
    const value = ground.shop.adminUrl;
    await ground.admin.call('setSecret', { params: { name: 'shop/admin-url' }, body: { value } });
    const limits: Record<string, number> = ground.broker.composed.broker.limits as never;
    limits['revokeTimeoutMs'] = 300;
    let hanging = true;
    revoke = ({ resource, onFirstZero }) => {
      if (resource.name === 'shop' && hanging) return new Promise<never>(() => undefined);
      onFirstZero?.(1);
      return Promise.resolve({ msToFirstZero: 1, sessionsSeen: 0 } as never);
    };
    const { store } = ground.broker;
    await insertLeases(store, { resource: 'shop', count: 80 });
    await insertLeases(store, { resource: 'shop-staging', count: 300 });
    const left = async (resource: string) => {
      const [row] = await store.asSuperuser<{ n: number }>(
        `select count(*)::int as n from countersign.leases where resource = $1 and state = 'revoking'`,
        [resource],
      );
      return row?.n;
    };
    await expect.poll(() => left('shop-staging'), { timeout: 20_000 }).toBe(0);
    expect(await left('shop')).toBe(80);
    const { queue } = ground.broker.composed.broker;
    await expect
      .poll(() => queue.overdue(), { timeout: 20_000 })
      .toMatchObject([
        { resource: 'shop', count: 80, cause: expect.stringContaining('provider_unavailable') },
      ]);
    const readyz = await fetch(`${ground.broker.url}/readyz`);
    expect(readyz.status).toBe(200);
    expect(await readyz.json()).toMatchObject({
      detail: { overdue_leases: 80, overdue_oldest_s: expect.any(Number) },
    });
    hanging = false;
    await expect.poll(() => left('shop'), { timeout: 40_000, interval: 200 }).toBe(0);
    revoke = undefined;
  });
});
