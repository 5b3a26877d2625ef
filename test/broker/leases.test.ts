import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueCredential } from '../../src/broker/issue-credential.ts';
import type { AnyProvider } from '../../src/ports/provider.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import type { TestAgent } from '../support/broker.ts';
import { borrow, type Ground, hold, issue, logIn, openGround, READ, WRITE } from './ground.ts';

const SECOND = 1_000;

describe('leases', () => {
  let ground: Ground;
  let agent: TestAgent;
  /** Resolves when the next issue may go on; the tests that hold one back set it. */
  let gate: Promise<void> = Promise.resolve();
  let redeciding = true;
  beforeAll(async () => {
    const held = (provider: AnyProvider): AnyProvider => ({
      ...provider,
      issue: (request) => gate.then(() => provider.issue(request)),
    });
    ground = await openGround({
      overrides: {
        ports: ({ bundles, ...ports }) => ({
          ...ports,
          bundles: {
            ...bundles,
            redecided: () => (redeciding ? bundles.redecided() : bundles.active()),
          },
        }),
        providers: (all) => new Map([...all].map(([kind, provider]) => [kind, held(provider)])),
      },
    });
    agent = await ground.broker.agent();
  });
  afterAll(() => ground.broker.stop());

  async function expiry(id: string): Promise<number> {
    const lease = await ground.admin.call('getLease', { params: { id } });
    return Date.parse(lease.expires_at);
  }

  async function grantEnd(task: string): Promise<number> {
    const { items } = await ground.admin.call('listGrants', { query: { task } });
    return Date.parse(items[0]?.expires_at ?? '');
  }

  it('a grant allows one live lease, and as many as @leases says', async () => {
    const reading = await borrow(agent, READ);
    await expect(issue(reading)).rejects.toMatchObject({ status: 409, code: 'lease_limit' });
    const writing = await hold(agent, [WRITE]);
    const pair = [await issue(writing, WRITE), await issue(writing, WRITE)];
    await expect(issue(writing, WRITE)).rejects.toMatchObject({ code: 'lease_limit' });
    await writing.client.call('revokeLease', { params: { id: pair[0]?.lease ?? '' } });
    await issue(writing, WRITE);
    // Eight at once: the count holds under concurrency.
    const crowd = await hold(agent, [WRITE]);
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => issue(crowd, WRITE)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    await ground.admin.call('revoke', { body: { agent: agent.id, reason: 'end of test' } });
    const params = { id: agent.id };
    await ground.admin.call('resumeAgent', { params, body: { reason: 'next test' } });
  });

  it('promise 9: a lease ends with its grant at the latest, and renewing never passes it', async () => {
    const held = await borrow(agent, WRITE);
    const end = await grantEnd(held.task);
    expect(await expiry(held.lease)).toBeLessThanOrEqual(end);
    await ground.broker.store.asSuperuser(
      `update countersign.leases set expires_at = now() + interval '30 s' where id = $1`,
      [held.lease],
    );
    const renewed = await held.client.call('renewLease', { params: { id: held.lease } });
    expect(Date.parse(renewed.expires_at)).toBeGreaterThan(Date.now() + 60 * SECOND);
    expect(Date.parse(renewed.expires_at)).toBeLessThanOrEqual(end);
    const [role] = await ground.shop.asSuperuser<{ until: number }>(
      'select extract(epoch from rolvaliduntil)::float8 * 1000 as until from pg_roles where rolname = $1',
      [held.role],
    );
    expect(role?.until).toBe(Date.parse(renewed.expires_at));
    await held.client.call('closeTask', { params: { id: held.task }, body: {} });
  });

  it('renewing decides again: facts and rules may have changed', async () => {
    const held = await borrow(agent, WRITE);
    // Live grants follow by a job: here it must not be what refuses.
    redeciding = false;
    const rules = SHOP_BUNDLE['rules/access.cedar'] ?? '';
    await ground.broker.apply({
      ...SHOP_BUNDLE,
      'rules/access.cedar': `${rules}\n@id("no-writes-now")
forbid (principal, action == Action::"write", resource);\n`,
    });
    const renewal = held.client.call('renewLease', { params: { id: held.lease } });
    await expect(renewal).rejects.toMatchObject({
      status: 403,
      code: 'access_denied',
      hint: { rule: 'no-writes-now' },
    });
    await expect(issue(held, WRITE)).rejects.toMatchObject({ code: 'access_denied' });
    await ground.broker.apply(SHOP_BUNDLE);
    redeciding = true;
    await held.client.call('closeTask', { params: { id: held.task }, body: {} });
  });

  it.each(['leases', 'tasks'])('what is past its time ends by itself: %s', async (table) => {
    const held = await borrow(agent);
    const session = await logIn(held.url);
    const ended = new Promise((resolve) => session.once('end', resolve));
    await ground.broker.store.asSuperuser(
      `update countersign.${table} set expires_at = now() where id = $1`,
      [table === 'leases' ? held.lease : held.task],
    );
    await expect.poll(() => ground.stateOf(held.lease), { timeout: 15_000 }).toBe('revoked');
    await ended;
    expect(await ground.roles()).not.toContain(held.role);
    const call = held.client.call('listLeases');
    if (table === 'leases') await call;
    else await expect(call).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('a grant past its time is refused at once, for its token and for a new lease', async () => {
    const held = await hold(agent);
    const { items } = await ground.admin.call('listTokens', { query: { task: held.task } });
    await ground.broker.store.asSuperuser(
      'update countersign.grants set expires_at = now() where task_id = $1',
      [held.task],
    );
    const refused = { code: 'invalid_token' };
    await expect(held.client.call('listLeases')).rejects.toMatchObject(refused);
    await expect(issue(held)).rejects.toMatchObject(refused);
    const { broker } = ground.broker.composed;
    const token = (await broker.tokens.status(items[0]?.jti ?? ''))?.token;
    if (!token) throw new Error('the token has no record');
    // Past the door, too: a request that was let in a moment earlier.
    const principal = { type: 'agent' as const, id: agent.id, token };
    await expect(issueCredential(broker, principal, { scope: READ })).rejects.toMatchObject({
      code: 'grant_ended',
    });
  });

  describe('Idempotency-Key', () => {
    const body = { scope: READ };

    it('a repeat revokes the first login and answers with another, under the same count', async () => {
      const held = await hold(agent);
      const call = () => held.client.call('issueLease', { body, idempotencyKey: 'again' });
      const [first, second] = [await call(), await call()];
      expect(second.lease.id).not.toBe(first.lease.id);
      expect(second.credential['password']).not.toBe(first.credential['password']);
      await expect(logIn(String(first.credential['url']))).rejects.toThrow();
      await (await logIn(String(second.credential['url']))).end();
      await expect.poll(() => ground.stateOf(first.lease.id), { timeout: 10_000 }).toBe('revoked');
      await expect(issue(held)).rejects.toMatchObject({ code: 'lease_limit' });
    });

    it('the same key with another body is refused, and both keep what they have', async () => {
      const held = await hold(agent, [READ, WRITE]);
      const first = await held.client.call('issueLease', { body, idempotencyKey: 'one' });
      const other = { body: { scope: WRITE }, idempotencyKey: 'one' };
      await expect(held.client.call('issueLease', other)).rejects.toMatchObject({
        status: 422,
        code: 'idempotency_mismatch',
      });
      expect(await ground.stateOf(first.lease.id)).toBe('active');
    });

    it('of two at once one works and the other is told to come again', async () => {
      const held = await hold(agent);
      let open = () => undefined as void;
      gate = new Promise((resolve) => (open = resolve));
      const call = () => held.client.call('issueLease', { body, idempotencyKey: 'twice' });
      const both = [call(), call()].map((one) => one.catch((error: unknown) => error));
      const refused = await Promise.race(both);
      expect(refused).toMatchObject({
        status: 409,
        code: 'idempotency_in_progress',
        retryAfterSeconds: 1,
      });
      open();
      const answers = await Promise.all(both);
      expect(answers.filter((answer) => !(answer instanceof Error))).toHaveLength(1);
    });

    it('another agent may use the same key', async () => {
      const [one, two] = [await hold(agent), await hold(await ground.broker.agent())];
      const key = { body, idempotencyKey: 'shared' };
      const [first, second] = [
        await one.client.call('issueLease', key),
        await two.client.call('issueLease', key),
      ];
      expect(await ground.stateOf(first.lease.id)).toBe('active');
      expect(await ground.stateOf(second.lease.id)).toBe('active');
    });
  });
});
