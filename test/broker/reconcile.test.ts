import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compareResource } from '../../src/broker/compare-resource.ts';
import { reconcileResource } from '../../src/broker/reconcile-resource.ts';
import { formatId, idTime } from '../../src/domain/ids.ts';
import { leaseIdOf, outsideNameOf } from '../../src/domain/lease.ts';
import type {
  AnyProvider,
  CanListOwned,
  OwnedPage,
  PageOfOwned,
} from '../../src/ports/provider.ts';
import type { TestAgent } from '../support/broker.ts';
import { chainOf } from '../support/chain.ts';
import { insertLeases } from '../support/lease-rows.ts';
import { borrow, type Ground, type HeldLease, openGround } from './ground.ts';

const HOUR = 3_600_000;

/** Drives a generator to its end. */
async function through<T>(steps: AsyncGenerator<undefined, T>): Promise<T> {
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return value;
  }
}

describe('a resource compared with the leases', () => {
  let ground: Ground;
  let agent: TestAgent;
  let admin: pg.Client;
  let refusing = false;
  const made: string[] = [];
  beforeAll(async () => {
    const odd = (provider: AnyProvider): AnyProvider => ({
      ...provider,
      revoke: (request) => (refusing ? Promise.reject(new Error()) : provider.revoke(request)),
    });
    ground = await openGround({
      overrides: { providers: (all) => new Map([...all].map(([kind, one]) => [kind, odd(one)])) },
    });
    agent = await ground.broker.agent();
    admin = new pg.Client({ connectionString: ground.shop.adminUrl });
    await admin.connect();
  });
  afterEach(async () => {
    for (const name of made.splice(0)) await admin.query(`drop role if exists ${name}`);
  });
  afterAll(async () => {
    await admin.end();
    await ground.broker.stop();
  });

  const core = () => ground.broker.composed.broker;
  const shop = () => {
    const resource = core().policy.resource('shop-staging');
    if (!resource) throw new Error('no such resource');
    return resource;
  };
  const reconcile = (missed: ReadonlySet<string> = new Set()) =>
    through(reconcileResource(core(), shop(), missed));
  const nameOf = (age: number) =>
    outsideNameOf(core().installation, formatId('lease', Date.now() - age, randomBytes(10)));
  async function makeRole(name: string): Promise<string> {
    await admin.query(`create role ${name} login`);
    made.push(name);
    return name;
  }

  it('leaves what is as it should be', async () => {
    const held = await borrow(agent);
    const comparison = await through(compareResource(core(), shop()));
    expect(comparison).toMatchObject({ live: 1, ended: [], unknown: [], missing: [] });
    const { result } = await reconcile();
    expect(result).toMatchObject({ owned: 1, removed: 0, missing: 0, leftAlone: 0 });
    expect(await ground.stateOf(held.lease)).toBe('active');
    await held.client.call('revokeLease', { params: { id: held.lease } });
  });

  it('a login that is alive although its lease was revoked goes, with proof once more', async () => {
    const [lease] = await insertLeases(ground.broker.store, {
      resource: 'shop-staging',
      count: 1,
      state: 'revoked',
    });
    await makeRole(lease?.outsideName ?? '');
    const handled = "update countersign.leases set outside_handle = 'proved' where id = $1";
    await ground.broker.store.asSuperuser(handled, [lease?.id]);
    expect((await reconcile()).result).toMatchObject({ removed: 1, leftAlone: 0 });
    // What is there now is not what that handle named.
    expect((await core().leases.find(lease?.id ?? ''))?.outsideHandle).toBeUndefined();
    await expect.poll(() => ground.stateOf(lease?.id ?? ''), { timeout: 10_000 }).toBe('revoked');
    expect(await ground.roles()).not.toContain(lease?.outsideName);
  });

  it('an unknown name is left alone while it may be a live lease of a time that was lost', async () => {
    const young = await makeRole(nameOf(HOUR));
    const { result } = await reconcile();
    expect(result).toMatchObject({
      removed: 0,
      leftAlone: 1,
      names: [{ name: young, why: 'unknown' }],
    });
    expect(await ground.roles()).toContain(young);
    expect(await core().reconciliations.list()).toMatchObject([{ leftAlone: 1 }]);
    const readyz = await fetch(`${ground.broker.url}/readyz`);
    expect(await readyz.json()).toMatchObject({ detail: { left_alone_outside: 1 } });
  });

  it('an unknown name goes when nothing of its age can be alive, or the chain has its issue', async () => {
    const old = await makeRole(nameOf(10 * HOUR));
    // Its row has left the store with retention; the entry of its issue stays.
    const held = await borrow(agent);
    await ground.broker.store.asSuperuser('delete from countersign.leases where id = $1', [
      held.lease,
    ]);
    expect((await reconcile()).result).toMatchObject({ removed: 2, leftAlone: 0 });
    await expect.poll(() => ground.roles(), { timeout: 10_000 }).toEqual([]);
    const id = leaseIdOf(core().installation, old) ?? '';
    await expect.poll(() => ground.stateOf(id), { timeout: 10_000 }).toBe('revoked');
    const [lease] = (await ground.admin.call('listLeases')).items.filter((one) => one.id === id);
    expect(lease).toMatchObject({ end_reason: 'unknown at the store' });
    const entries = (await chainOf(ground.broker.composed)).filter(
      ({ action, detail }) => action === 'lease.reconciled' && detail['found'] === 'unknown',
    );
    expect(entries.flatMap(({ detail }) => detail['leases'])).toContain(held.lease);
  });

  it('a lease whose login is gone ends, once a second look has missed it too', async () => {
    const held = await borrow(agent);
    await ground.broker.store.asSuperuser(
      `update countersign.leases set created_at = now() - interval '2 min' where id = $1`,
      [held.lease],
    );
    await admin.query(`drop role ${held.role}`);
    const first = await reconcile();
    expect(first).toMatchObject({ result: { missing: 0 }, missed: new Set([held.lease]) });
    expect(await ground.stateOf(held.lease)).toBe('active');
    expect((await reconcile(first.missed)).result.missing).toBe(1);
    await expect.poll(() => ground.stateOf(held.lease), { timeout: 10_000 }).toBe('revoked');
  });

  it('the login of an abandoned lease goes when it can; the lease stays abandoned', async () => {
    const [lease] = await insertLeases(ground.broker.store, {
      resource: 'shop-staging',
      count: 1,
      state: 'revoked',
    });
    await ground.broker.store.asSuperuser(
      `update countersign.leases set state = 'abandoned' where id = $1`,
      [lease?.id],
    );
    await makeRole(lease?.outsideName ?? '');
    refusing = true;
    expect((await reconcile()).result.names).toEqual([
      { name: lease?.outsideName, why: 'abandoned' },
    ]);
    refusing = false;
    expect((await reconcile()).result).toMatchObject({ leftAlone: 0 });
    expect(await ground.roles()).not.toContain(lease?.outsideName);
    expect(await ground.stateOf(lease?.id ?? '')).toBe('abandoned');
  });

  /** The same broker, whose provider lists what is ours as `list` says. */
  function listing(
    list: (
      page: PageOfOwned,
      read: (page: PageOfOwned) => Promise<OwnedPage>,
    ) => Promise<OwnedPage>,
  ) {
    const { kind } = shop();
    const provider = core().providers.get(kind) as AnyProvider & CanListOwned;
    const listOwned: CanListOwned['listOwned'] = (request, page) =>
      list(page, (other) => provider.listOwned(request, other));
    return { ...core(), providers: new Map([[kind, { ...provider, listOwned }]]) };
  }

  it('who comes and goes while it is looked at is no orphan; those there are are found', async () => {
    const { store } = ground.broker;
    const active = { resource: 'shop-staging', state: 'active', age: HOUR / 6 } as const;
    const rows = await insertLeases(store, { ...active, count: 10 });
    rows.sort((a, b) => (a.outsideName < b.outsideName ? -1 : 1));
    const [behind] = await insertLeases(store, { ...active, count: 1, age: 2 * HOUR });
    const at = (n: number) => rows[n] ?? { id: '', outsideName: '' };
    for (const { outsideName } of rows.filter((_, n) => n !== 4)) await makeRole(outsideName);
    const [oldest, youngest] = [await makeRole(nameOf(HOUR)), await makeRole(nameOf(1_000))];
    let held: HeldLease | undefined;
    async function meanwhile(): Promise<void> {
      // Two end, one of them listed already; the login of a third is gone without that.
      await store.asSuperuser(
        `update countersign.leases set state = 'revoked', revoke_accepted_at = now(), ended_at = now()
         where id = any ($1)`,
        [[at(0).id, at(7).id]],
      );
      for (const n of [0, 7, 8]) await admin.query(`drop role ${at(n).outsideName}`);
      // One is issued ahead of where we are, and one behind.
      held = await borrow(agent);
      await store.asSuperuser('update countersign.leases set created_at = now() where id = $1', [
        behind?.id,
      ]);
      await makeRole(behind?.outsideName ?? '');
    }
    let pages = 0;
    const broker = listing(async (page, read) => {
      const answer = await read({ ...page, limit: 3 });
      pages += 1;
      if (pages === 1) await meanwhile();
      return answer;
    });
    const { unknown, missing, ended } = await through(compareResource(broker, shop()));
    expect(pages).toBeGreaterThan(3);
    expect(unknown).toEqual([oldest, youngest]);
    expect(missing.map(({ id }) => id)).toEqual([at(4).id, at(8).id].sort());
    expect(ended).toEqual([]);
    await held?.client.call('revokeLease', { params: { id: held.lease } });
    const all = [...rows, behind].map((row) => row?.id);
    await store.asSuperuser('delete from countersign.leases where id = any ($1)', [all]);
  });

  it('a name that is listed twice counts once, and an empty page is not the last', async () => {
    const young = await makeRole(nameOf(HOUR));
    const answers: OwnedPage[] = [
      { names: [], next: 'a' },
      { names: [young, young], next: 'b' },
      { names: [], next: 'c' },
      { names: [young] },
    ];
    const broker = listing(() => Promise.resolve(answers.shift() ?? { names: [] }));
    const comparison = await through(compareResource(broker, shop()));
    expect(comparison).toMatchObject({ owned: 1, unknown: [young] });
    expect(answers).toEqual([]);
  });

  it('names and ids belong together, and nothing else passes for a name of ours', () => {
    const id = formatId('lease', 1_700_000_000_123, randomBytes(10));
    expect(idTime(id)).toBe(1_700_000_000_123);
    expect(leaseIdOf('abcdefgh', outsideNameOf('abcdefgh', id))).toBe(id);
    expect(leaseIdOf('abcdefgi', outsideNameOf('abcdefgh', id))).toBeUndefined();
    expect(leaseIdOf('abcdefgh', 'cs_abcdefgh_backup')).toBeUndefined();
  });
});
