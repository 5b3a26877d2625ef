import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chainOf } from '../support/chain.ts';
import {
  borrow,
  type Ground,
  type HeldLease,
  logIn,
  openGround,
  runUntilEnded,
  WRITE,
} from './ground.ts';

const REFUSED = { status: 401, code: 'invalid_token' };

describe('promise 6: revoked means dead everywhere, with proof', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await openGround();
  });
  afterAll(() => ground.broker.stop());

  /** The token is refused, the session is over, the lease revoked with its time, the role gone. */
  async function expectDead(held: HeldLease, session: Promise<unknown>): Promise<void> {
    await expect(held.client.call('listLeases')).rejects.toMatchObject(REFUSED);
    expect(await session).toBeInstanceOf(Error);
    await expect(logIn(held.url)).rejects.toThrow();
    await expect.poll(() => ground.stateOf(held.lease), { timeout: 10_000 }).toBe('revoked');
    expect(await ground.roles()).not.toContain(held.role);
    const lease = await ground.admin.call('getLease', { params: { id: held.lease } });
    expect(lease.dead_ms).toBeGreaterThan(0);
    const entries = await chainOf(ground.broker.composed);
    const proof = entries.find((e) => e.action === 'lease.revoked' && e.subject === held.lease);
    expect(proof?.detail).toMatchObject({ outside_name: held.role, sessions_ended: 1 });
    // Rounded to whole milliseconds there, to tenths here.
    const difference = Number(proof?.detail['dead_ms']) - (lease.dead_ms ?? -1);
    expect(Math.abs(difference)).toBeLessThanOrEqual(1);
  }

  async function borrowed() {
    const agent = await ground.broker.agent();
    const held = await borrow(agent);
    const session = runUntilEnded(await logIn(held.url));
    return { agent, held, session };
  }

  it('closing a task ends token, session and role', async () => {
    const { held, session } = await borrowed();
    const body = { reason: 'done' };
    const task = await ground.admin.call('closeTask', { params: { id: held.task }, body });
    expect(task).toMatchObject({ state: 'closed', end_reason: 'done' });
    await expectDead(held, session);
    // By the cascade itself: the sweeper, which would find the lease as well, comes later.
    const entries = await chainOf(ground.broker.composed);
    const completed = entries.find((entry) => {
      return entry.action === 'revocation.completed' && entry.subject === held.task;
    });
    expect(completed?.detail).toMatchObject({ tokens: 1, grants: 1, leases: [held.lease] });
  });

  it('a task that expires ends them as well', async () => {
    const { agent, held, session } = await borrowed();
    // An operator's task may be short; the agent continues it.
    const short = await ground.admin.call('openTask', {
      body: { purpose: 'a moment', agent: agent.id, ttl: 3 },
    });
    const minted = await agent.session.mintToken({ scopes: [WRITE], task: { task_id: short.id } });
    expect(minted.expires_in).toBeLessThanOrEqual(3);
    const client = agent.session.client(minted.access_token);
    const issued = await client.call('issueLease', { body: { scope: WRITE } });
    const { username, url } = issued.credential;
    const brief = {
      token: minted.access_token,
      task: short.id,
      client,
      lease: issued.lease.id,
      role: String(username),
      url: String(url),
    };
    const ending = runUntilEnded(await logIn(brief.url));
    await expect
      .poll(() => ground.admin.call('getTask', { params: { id: short.id } }), { timeout: 10_000 })
      .toMatchObject({ state: 'expired' });
    await expectDead(brief, ending);
    // The agent's other task goes on.
    expect((await held.client.call('getTask', { params: { id: held.task } })).state).toBe('open');
    await ground.admin.call('revoke', { body: { task: held.task, reason: 'end of test' } });
    await session;
  });

  it('revoking a token, a grant and a lease ends exactly what hangs below it', async () => {
    const { agent, held, session } = await borrowed();
    const other = await borrow(agent);
    const { items } = await ground.admin.call('listTokens', { query: { task: held.task } });
    const token = items[0];
    const revoked = await ground.admin.call('revoke', {
      body: { token: token?.jti ?? '', reason: 'seen in a log' },
    });
    expect(revoked).toMatchObject({ state: 'done', ended: { tokens: 1, leases: 1 } });
    expect(revoked.stop_id).toBeUndefined();
    await expectDead(held, session);

    const grants = await ground.admin.call('listGrants', { query: { task: other.task } });
    const id = grants.items[0]?.id ?? '';
    const ending = runUntilEnded(await logIn(other.url));
    await ground.admin.call('revoke', { body: { grant: id, reason: 'too wide' } });
    await expectDead(other, ending);

    const third = await borrow(agent);
    await ground.admin.call('revoke', { body: { lease: third.lease, reason: 'only the login' } });
    await expect.poll(() => ground.stateOf(third.lease), { timeout: 10_000 }).toBe('revoked');
    // The token lives: its holder may ask for another login.
    expect((await third.client.call('listLeases')).items.map((l) => l.id)).toContain(third.lease);
  });

  it('suspending an agent ends all it holds and writes a stop, which resuming lifts', async () => {
    const { agent, held, session } = await borrowed();
    const body = { reason: 'runs amok' };
    const params = { id: agent.id };
    const suspended = await ground.admin.call('suspendAgent', { params, body });
    expect(suspended.state).toBe('suspended');
    await expectDead(held, session);
    expect((await ground.admin.call('getTask', { params: { id: held.task } })).state).toBe(
      'closed',
    );
    const stops = await ground.admin.call('listStops');
    const stop = stops.items.find(({ target }) => target === agent.id);
    expect(stop).toMatchObject({ kind: 'agent', reason: 'runs amok' });
    expect(stop?.lifted_at).toBeUndefined();
    await expect(borrow(agent)).rejects.toMatchObject({ code: 'agent_suspended' });

    const resumed = await ground.admin.call('resumeAgent', { params, body: { reason: 'mended' } });
    expect(resumed.state).toBe('active');
    const after = await ground.admin.call('listStops');
    expect(after.items.find(({ id }) => id === stop?.id)?.lifted_at).toBeDefined();
    // What was ended stays ended; something new works.
    await expect(held.client.call('listLeases')).rejects.toMatchObject(REFUSED);
    await borrow(agent);
  });

  it('revoking a resource, then everything, ends it all and holds until the stop is lifted', async () => {
    for (const target of [{ resource: 'shop-staging' }, { all: true as const }]) {
      const [one, two] = await Promise.all([borrowed(), borrowed()]);
      const revoked = await ground.admin.call('revoke', { body: { ...target, reason: 'breach' } });
      expect(revoked.ended.leases).toBeGreaterThanOrEqual(2);
      const id = revoked.stop_id ?? '';
      expect(id).toMatch(/^stp_/);
      await Promise.all([one, two].map(({ held, session }) => expectDead(held, session)));
      await expect(borrow(one.agent)).rejects.toMatchObject({ code: 'stopped' });
      // It holds for whoever comes later, too.
      await expect(borrow(await ground.broker.agent())).rejects.toMatchObject({ code: 'stopped' });
      const params = { id };
      const lifted = await ground.admin.call('liftStop', { params, body: { reason: 'over' } });
      expect(lifted).toMatchObject({ id, lift_reason: 'over' });
      await borrow(one.agent);
      await expect(
        ground.admin.call('liftStop', { params, body: { reason: 'again' } }),
      ).rejects.toMatchObject({ status: 409 });
    }
  });
});
