import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { doctorChecks } from '../../src/main/run-doctor.ts';
import { issueOperatorToken } from '../../src/broker/operator-token.ts';
import { acceptRestoreHere, showRestoreHere } from '../../src/main/restore.ts';
import { createAgentSession } from '../../src/sdk/agent-session.ts';
import { createClient } from '../../src/sdk/client.ts';
import { startBroker, type TestAgent, type TestBroker } from '../support/broker.ts';
import { aPerson } from '../support/people.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { createShop, type ShopDatabase } from '../support/shop.ts';
import { createTestStore, type TestStore } from '../support/store.ts';
import { copyStore } from '../support/store-copy.ts';
import { chainOf } from '../support/chain.ts';
import { borrow, hold, issue, logIn } from './ground.ts';

const SETTLED = { timeout: 20_000 };

describe('a store that was restored', () => {
  let dataDir: string;
  let store: TestStore;
  let shop: ShopDatabase;
  let running: TestBroker | undefined;
  let shared: { masterKey: TestBroker['config']['masterKey']; issuer: string } | undefined;
  const folders: string[] = [];
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'countersign-restore-'));
    folders.push(dataDir);
    shared = undefined;
    [store, shop] = await Promise.all([createTestStore(), createShop()]);
  });
  afterEach(() => halt());
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

  /** The broker of this data directory, on that store. */
  async function serve(on: TestStore = store, folder = dataDir): Promise<TestBroker> {
    running = await startBroker({
      store: on,
      config: { dataDir: folder },
      ...(shared ? { shared } : {}),
    });
    shared = { masterKey: running.config.masterKey, issuer: running.config.http.issuer };
    return running;
  }
  async function halt(): Promise<void> {
    await running?.stop();
    running = undefined;
  }
  async function setUp(): Promise<{ broker: TestBroker; agent: TestAgent }> {
    const broker = await serve();
    await broker.apply(SHOP_BUNDLE);
    const admin = await broker.operator();
    const body = { value: shop.adminUrl };
    await admin.call('setSecret', { params: { name: 'shop-staging/admin-url' }, body });
    return { broker, agent: await broker.agent() };
  }
  const at = (broker: TestBroker, { id, privateJwk }: TestAgent) =>
    createAgentSession({ url: broker.url, agentId: id, privateKey: privateJwk });
  const readyz = async (broker: TestBroker) => (await fetch(`${broker.url}/readyz`)).status;

  it('yesterday’s store starts stopped, shows what came back, and serves when it is accepted', async () => {
    const { agent, broker } = await setUp();
    const early = await borrow(agent);
    const [bad, rest] = [await broker.agent(), await hold(agent, ['shop-staging:write'])];
    const old = await issueOperatorToken(broker.composed.broker, {
      role: 'admin',
      ttlSeconds: 900,
    });
    const dana = await aPerson(broker);
    const cookie = [...dana.browser.cookies].map((pair) => pair.join('=')).join('; ');
    await halt();
    const backup = await copyStore(store);

    // The time that will be lost.
    const later = await serve();
    const admin = await later.operator();
    await admin.call('suspendAgent', { params: { id: bad.id }, body: { reason: 'stolen key' } });
    await admin.call('revokeLease', { params: { id: early.lease } });
    const { items } = await admin.call('listTokens', { query: { task: rest.task } });
    await admin.call('revoke', { body: { token: items[0]?.jti ?? '', reason: 'leaked' } });
    const session = at(later, agent);
    const lost = await issue(await hold({ ...agent, session }));
    const rules = `${SHOP_BUNDLE['rules/access.cedar']}@id("none") forbid (principal, action == Action::"sandbox", resource);\n`;
    const bundle = await later.apply({ ...SHOP_BUNDLE, 'rules/access.cedar': rules });
    const state = () => admin.call('getLease', { params: { id: early.lease } });
    await expect.poll(async () => (await state()).state, SETTLED).toBe('revoked');
    await halt();

    const restored = await serve(backup);
    const { broker: core } = restored.composed;
    // Nothing is served, nothing is ended.
    expect(core.restoreHold.open).toBe(true);
    expect(await readyz(restored)).toBe(503);
    for (const token of [early.token, rest.token, lost.token]) {
      const call = at(restored, agent).client(token).call('listLeases');
      await expect(call).rejects.toMatchObject({ code: 'invalid_token' });
    }
    await expect(hold({ ...agent, session: at(restored, agent) })).rejects.toMatchObject({
      code: 'stopped',
    });
    const stopped = (await restored.operator()).call('listStops');
    const [stop] = (await stopped).items;
    expect(stop).toMatchObject({ kind: 'all', placed_by: 'broker' });
    const lift = { params: { id: stop?.id ?? '' }, body: { reason: 'go' } };
    await expect((await restored.operator()).call('liftStop', lift)).rejects.toMatchObject({
      code: 'conflict',
    });
    const revived = createClient({ url: restored.url, operatorToken: old.token.reveal() });
    await expect(revived.call('listStops')).rejects.toMatchObject({ code: 'invalid_token' });
    const session401 = await fetch(`${restored.url}/v1/session`, { headers: { cookie } });
    expect([cookie.length > 40, session401.status]).toEqual([true, 401]);

    const config = restored.config;
    const report = await showRestoreHere(config);
    expect(report).toMatchObject({
      verdict: 'behind',
      held: true,
      revived: { agents: [bad.id], bundle: { was: bundle, is: bundle - 1 }, secrets: [] },
      living: { leases: 1 },
    });
    const staging = report.resources.find(({ resource }) => resource === 'shop-staging');
    expect(staging?.comparison).toMatchObject({ unknown: [lost.role] });
    const doctor = await doctorChecks(config);
    expect(doctor.find(({ id }) => id === 'witness')).toMatchObject({ level: 'fail' });
    // The login of the lost time works still: it was compared, not killed blindly.
    await (await logIn(lost.url)).end();
    expect((await core.leases.find(early.lease))?.state).toBe('active');

    const suspend = { params: { id: bad.id }, body: { reason: 'as before' } };
    await (await restored.operator()).call('suspendAgent', suspend);
    const accepted = await acceptRestoreHere('backup of 03:00', config);
    expect(accepted).toMatchObject({ unknown: 1 });
    await expect.poll(() => readyz(restored), SETTLED).toBe(200);
    await expect.poll(() => shop.leaseRoles(core.installation), SETTLED).toEqual([]);
    await expect(logIn(lost.url)).rejects.toThrow();
    for (const token of [early.token, rest.token, lost.token]) {
      const call = at(restored, agent).client(token).call('listLeases');
      await expect(call).rejects.toMatchObject({ code: 'invalid_token' });
    }
    await borrow({ ...agent, session: at(restored, agent) });
    const actions = (await chainOf(restored.composed)).map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['restore.detected', 'restore.accepted']));
    await halt();
    // And it stays accepted.
    expect(await readyz(await serve(backup))).toBe(200);
  });

  it('a restore under a running broker is noticed within a beat', async () => {
    await serve();
    await halt();
    const backup = await copyStore(store);
    const again = await serve();
    // As if the database had been swapped below it: what is lost is gone from the running store.
    const [head] = await backup.asSuperuser<{ seq: string; hash: string }>(
      'select seq, hash from countersign.audit_head',
    );
    await expect
      .poll(() => again.composed.broker.witness.read()?.seq)
      .toBeGreaterThan(Number(head?.seq));
    await store.asSuperuser(
      `delete from countersign.audit_entries where seq > ${head?.seq};
       update countersign.audit_head set seq = ${head?.seq}, hash = '${head?.hash}'`,
    );
    await expect.poll(() => readyz(again), SETTLED).toBe(503);
    expect(again.composed.broker.restoreHold.open).toBe(true);
  });

  it.each([
    ['another cluster', { system: '7000000000000000001' }, 'another_server'],
    ['another timeline', { timeline: 7 }, 'another_timeline'],
    ['another installation', { installation: 'zzzzzzzz' }, 'another_installation'],
    ['another history of the same length', { hash: 'f'.repeat(64) }, 'another_history'],
    ['an epoch that it never had', { epoch: 'f'.repeat(32) }, 'another_history'],
  ])('%s is noticed', async (_what, change, verdict) => {
    await serve();
    await halt();
    const path = join(dataDir, 'witness.json');
    const witness = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...witness, ...change }));
    const broker = await serve();
    expect(await broker.composed.broker.restores.open()).toMatchObject({ verdict });
    expect(await readyz(broker)).toBe(503);
    await acceptRestoreHere('moved on purpose', broker.config);
    await expect.poll(() => readyz(broker), SETTLED).toBe(200);
  });

  it('a witness that is damaged is not passed over', async () => {
    await serve();
    await halt();
    await writeFile(join(dataDir, 'witness.json'), '{"v":1}');
    await expect(serve()).rejects.toMatchObject({ code: 'internal' });
  });

  it('two brokers, each with a witness of its own and as far behind as it likes: no alarm', async () => {
    const other = await mkdtemp(join(tmpdir(), 'countersign-restore-'));
    folders.push(other);
    await setUp();
    await halt();
    const second = await serve(store, other);
    for (let n = 0; n < 5; n += 1) await second.agent();
    await halt();
    const first = await serve();
    expect(await readyz(first)).toBe(200);
    expect(await first.composed.broker.restores.open()).toBeUndefined();
    await first.agent();
    await halt();
    expect(await readyz(await serve(store, other))).toBe(200);

    // Accepted at one, the other one's witness of before is no reason to stop again.
    await halt();
    const backup = await copyStore(store);
    await (await serve()).agent();
    await halt();
    await (await serve(store, other)).agent();
    await halt();
    const restored = await serve(backup);
    expect(await readyz(restored)).toBe(503);
    await acceptRestoreHere('backup', restored.config);
    await expect.poll(() => readyz(restored), SETTLED).toBe(200);
    await halt();
    const behind = await serve(backup, other);
    expect(await behind.composed.broker.restores.open()).toBeUndefined();
    await expect.poll(() => readyz(behind), SETTLED).toBe(200);
  });

  it('a store that nobody restored has nothing to accept', async () => {
    const broker = await serve();
    expect((await showRestoreHere(broker.config)).verdict).toBeUndefined();
    await expect(acceptRestoreHere('why not', broker.config)).rejects.toMatchObject({
      code: 'conflict',
    });
    const doctor = await doctorChecks(broker.config);
    expect(doctor.find(({ id }) => id === 'witness')).toMatchObject({ level: 'ok' });
  });
});
