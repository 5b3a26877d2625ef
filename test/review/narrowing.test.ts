import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatId } from '../../src/domain/ids.ts';
import type { AnyProvider, RevokeRequest } from '../../src/ports/provider.ts';
import { borrow, type Ground, hold, issue, openGround } from '../broker/ground.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';

const later = <T>() => {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
};

describe('promise 4: narrowing gets through', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await openGround({ config: { storeConnections: 4 } });
  });
  afterAll(() => ground.broker.stop());

  it('a writer that sits on the head of the audit, and everybody who waits for it, hold no stop up', async () => {
    const { broker, admin } = ground;
    const agent = await broker.agent();
    const held = await borrow(agent);
    const owner = new pg.Client({ connectionString: broker.store.ownerUrl });
    await owner.connect();
    await owner.query('begin; select from countersign.audit_head for update');
    // More than there are connections, each waiting for the head.
    const waiting = Array.from({ length: 40 }, () =>
      held.client.call('openTask', { body: { purpose: 'fill the pool' } }).catch((e: unknown) => e),
    );
    const { store } = broker;
    const stuck = () =>
      store.asSuperuser(
        `select from pg_stat_activity where datname = '${store.database}' and wait_event_type = 'Lock'`,
      );
    await expect.poll(async () => (await stuck()).length).toBeGreaterThanOrEqual(4);
    const answer = await admin.call('revoke', { body: { agent: agent.id, reason: 'now' } });
    expect(answer.stop_id).toMatch(/^stp_/);
    expect(await ground.stateOf(held.lease).catch(() => 'revoking')).not.toBe('active');
    await owner.query('rollback');
    await owner.end();
    for (const refused of await Promise.all(waiting)) expect(refused).toBeInstanceOf(Error);
    await expect.poll(() => ground.stateOf(held.lease), { timeout: 10_000 }).toBe('revoked');
  }, 60_000);

  it('a stream of callers at the gate lets a narrowing pass in its turn', async () => {
    const { store } = ground.broker;
    const { HOLD_GATE, lockGate } = await import('../../src/store/feed-event.ts');
    const connect = async () => {
      const client = new pg.Client({ connectionString: store.runtimeUrl });
      await client.connect();
      return client;
    };
    // Each takes the gate before the one before has let go: without a queue nobody else ever gets in.
    const [one, two, narrowing] = await Promise.all([connect(), connect(), connect()]);
    await one.query(`begin; ${HOLD_GATE}`);
    await narrowing.query('begin');
    let through = false;
    const passed = lockGate(narrowing).then(() => (through = true));
    const waits = () =>
      store.asSuperuser<{ pid: number }>(
        `select pid from pg_locks where locktype = 'advisory' and not granted
         and database = (select oid from pg_database where datname = '${store.database}')`,
      );
    await expect.poll(async () => (await waits()).length).toBe(1);
    const next = two.query(`begin; ${HOLD_GATE}`);
    await expect.poll(async () => (await waits()).length).toBe(2);
    await one.query('commit');
    await passed;
    expect(through).toBe(true);
    await narrowing.query('commit');
    await next;
    await two.query('commit');
    await Promise.all([one, two, narrowing].map((client) => client.end()));
  });

  it('ends what is alive, and leaves alone what lies there for retention', async () => {
    const { broker, admin } = ground;
    const held = await borrow(await broker.agent());
    const old = formatId('grant', Date.now() - 86_400_000, new Uint8Array(10));
    await broker.store.asSuperuser(
      `insert into countersign.grants select '${old}', task_id, agent_id, scopes, resources, audience,
         bundle_version, rules, leases, created_at - interval '1 day', expires_at - interval '1 day'
       from countersign.grants where ended_at is null limit 1`,
    );
    const body = { resource: 'shop-staging', reason: 'leaks' };
    const { stop_id: id = '', ended } = await admin.call('revoke', { body });
    expect(ended.leases).toBe(1);
    const rows = await broker.store.asSuperuser<{ id: string; over: boolean }>(
      `select id, ended_at is not null as over from countersign.grants where id in ('${old}')
       or task_id = '${held.task}'`,
    );
    expect(rows.find((row) => row.id === old)?.over).toBe(false);
    expect(rows.find((row) => row.id !== old)?.over).toBe(true);
    await admin.call('liftStop', { params: { id }, body: { reason: 'mended' } });
  });

  it('a resource that left the bundle can still be stopped', async () => {
    const { broker, admin } = ground;
    await borrow(await broker.agent());
    const { 'resources/shop-staging.yaml': _gone, ...rest } = SHOP_BUNDLE;
    await broker.apply(rest);
    const body = { resource: 'shop-staging', reason: 'gone' };
    const { stop_id: id = '' } = await admin.call('revoke', { body });
    expect(id).toMatch(/^stp_/);
    await broker.apply(SHOP_BUNDLE);
    await admin.call('liftStop', { params: { id }, body: { reason: 'back' } });
    await expect(
      admin.call('revoke', { body: { resource: 'nowhere', reason: 'x' } }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('promise 5: what is being made when it is revoked does not survive', () => {
  it('the role that comes into being after the revocation is taken away too', async () => {
    const reached = later<void>();
    const open = later<void>();
    let holding = true;
    const slow = (provider: AnyProvider): AnyProvider => ({
      ...provider,
      issue: async (request) => {
        if (holding) {
          reached.resolve();
          await open.promise;
        }
        return provider.issue(request);
      },
    });
    const ground = await openGround({
      overrides: { providers: (all) => new Map([...all].map(([k, p]) => [k, slow(p)])) },
    });
    try {
      const held = await hold(await ground.broker.agent());
      const issuing = issue(held).catch((error: unknown) => error);
      await reached.promise;
      await held.client.call('closeTask', { params: { id: held.task }, body: {} });
      const { items } = await ground.admin.call('listLeases', { query: { task: held.task } });
      const id = items[0]?.id ?? '';
      // The queue had its turn and has not taken what is not there yet for gone.
      const { queue } = ground.broker.composed.broker;
      expect(await queue.claimOne(id, 1_000)).toBeUndefined();
      expect(await ground.stateOf(id)).toBe('revoking');
      holding = false;
      open.resolve();
      expect(await issuing).toMatchObject({ code: 'lease_ended' });
      await expect.poll(() => ground.stateOf(id), { timeout: 10_000 }).toBe('revoked');
      expect(await ground.roles()).toEqual([]);
    } finally {
      await ground.broker.stop();
    }
  });
});

describe('promise 6: a resource that hangs', () => {
  it('keeps no other resource waiting, and does not make the broker unready', async () => {
    const hang = (request: RevokeRequest) =>
      new Promise<never>((_, reject) =>
        request.signal.addEventListener('abort', () => reject(new Error('hung'))),
      );
    const partly = (provider: AnyProvider): AnyProvider => ({
      ...provider,
      revoke: (request) =>
        request.resource.name === 'reports' ? hang(request) : provider.revoke(request),
    });
    const ground = await openGround({
      overrides: { providers: (all) => new Map([...all].map(([k, p]) => [k, partly(p)])) },
    });
    try {
      const { broker } = ground;
      const value = ground.shop.adminUrl;
      const params = { name: 'reports/admin-url' };
      await ground.admin.call('setSecret', { params, body: { value } });
      const held = await borrow(await broker.agent());
      await broker.store.asSuperuser(
        `insert into countersign.leases (id, grant_id, token_jti, task_id, agent_id, resource, scope, state,
           outside_name, statement_timeout_ms, created_at, expires_at, revoke_accepted_at, next_attempt_at)
         select 'lse_' || lpad(n::text, 26, '0'), grant_id, token_jti, task_id, agent_id, 'reports', 'reports:read',
           'revoking', 'hung_' || n, 1000, created_at, expires_at, now() - interval '1 hour', now() - interval '1 hour'
         from countersign.leases, generate_series(1, 200) n where id = '${held.lease}'`,
      );
      await broker.composed.broker.endings.begin({
        target: { kind: 'lease', id: held.lease },
        reason: 'test',
        actor: 'broker',
        taskState: 'closed',
        entries: [],
      });
      await expect.poll(() => ground.stateOf(held.lease), { timeout: 8_000 }).toBe('revoked');
      // Longer than a job may take before it counts as late: every run in between has to succeed.
      const schedule = await fetch(`${broker.url}/readyz`);
      expect(schedule.status).toBe(200);
    } finally {
      await ground.broker.stop();
    }
  }, 60_000);
});
