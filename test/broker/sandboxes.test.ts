import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sweepTemplates } from '../../src/broker/sweep-templates.ts';
import { watchResourcesJob } from '../../src/jobs/watch-resources.ts';
import type { Client } from '../../src/sdk/client.ts';
import type { TestAgent, TestBroker } from '../support/broker.ts';
import { sandboxBundle } from '../support/sandbox-bundle.ts';
import { openSandboxScene, type SandboxScene } from '../support/sandbox-scene.ts';
import type { SandboxServer } from '../support/sandbox-server.ts';
import type { ShopDatabase } from '../support/shop.ts';
import { eventually } from '../providers/shop.ts';
import { hold, issue, logIn } from './ground.ts';

const SCOPE = 'sandboxes:try';
const TEMPLATE = { name: 'sandboxes', template: 'shop' };

describe('sandboxes through the broker', () => {
  let scene: SandboxScene;
  let broker: TestBroker;
  let shop: ShopDatabase;
  let sandboxes: SandboxServer;
  let admin: Client;
  let agent: TestAgent;
  beforeAll(async () => {
    scene = await openSandboxScene();
    ({ broker, shop, sandboxes } = scene);
    admin = await broker.operator();
    await set('shop/admin-url', shop.adminUrl);
    await set('sandboxes/admin-url', sandboxes.adminUrl);
    agent = await broker.agent();
  });
  afterAll(() => scene.stop());

  const set = (name: string, value: string) =>
    admin.call('setSecret', { params: { name }, body: { value } });
  const versions = async () => (await admin.call('listTemplates', { params: TEMPLATE })).items;
  async function refresh() {
    const { id } = await admin.call('refreshTemplate', { params: TEMPLATE });
    const find = async () => (await versions()).find((one) => one.id === id);
    await eventually(async () => (await find())?.state !== 'building');
    return find();
  }
  const leftovers = () => sandboxes.leftovers(broker.composed.broker.installation);
  const refused = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: { code: string; detail: string }) => `${error.code}: ${error.detail}`,
    );

  it('refuses a sandbox before a template was built, and leaves nothing behind', async () => {
    const held = await hold(agent, [SCOPE]);
    expect(await refused(issue(held, SCOPE))).toMatch(
      /provider_misconfigured: .* has not been built yet.*countersign sandbox refresh sandboxes shop/,
    );
    expect(await leftovers()).toEqual([]);
  });

  it('builds a template on the word of an admin alone', async () => {
    const auditor = await broker.operator('auditor');
    expect(await refused(auditor.call('refreshTemplate', { params: TEMPLATE }))).toMatch(
      /^forbidden/,
    );
    const unknown = { name: 'sandboxes', template: 'constructor' };
    expect(await refused(admin.call('refreshTemplate', { params: unknown }))).toMatch(/^not_found/);
    expect(await refresh()).toMatchObject({
      version: 1,
      state: 'ready',
      report: { tables: 2, rows: 550, masked: { 'public.customers.email': 'fake' } },
    });
  });

  it('hands a clone to the agent, shows its changes, and takes it back', async () => {
    const before = await shop.asSuperuser(
      'SELECT md5(string_agg(o::text, chr(44) ORDER BY id)) FROM orders o',
    );
    const lease = await issue(await hold(agent, [SCOPE]), SCOPE);
    const session = await logIn(lease.url);
    await session.query(
      'DELETE FROM orders WHERE id > 400; ALTER TABLE orders ADD COLUMN why text',
    );
    const params = { id: lease.lease };
    const changes = await lease.client.call('getLeaseChanges', { params });
    expect(changes).toMatchObject({
      lease_id: lease.lease,
      template: { name: 'shop', version: 1 },
      schema: { added: [{ kind: 'column', name: 'public.orders.why' }] },
      tables: [{ table: 'public.orders', deleted: 100, updated: 0, rows_cut: 50 }],
    });
    expect(await (await broker.operator('auditor')).call('getLeaseChanges', { params })).toEqual(
      changes,
    );
    const other = await hold(await broker.agent(), [SCOPE]);
    expect(await refused(other.client.call('getLeaseChanges', { params }))).toMatch(/^not_found/);
    await lease.client.call('revokeLease', { params });
    await eventually(async () => (await admin.call('getLease', { params })).state === 'revoked');
    expect((await leftovers()).filter((name) => name.endsWith(lease.role.slice(-26)))).toEqual([]);
    expect(await refused(lease.client.call('getLeaseChanges', { params }))).toMatch(/^lease_ended/);
    expect(
      await shop.asSuperuser('SELECT md5(string_agg(o::text, chr(44) ORDER BY id)) FROM orders o'),
    ).toEqual(before);
  });

  it('switches versions under open sandboxes, and drops the old one after its last clone', async () => {
    const lease = await issue(await hold(agent, [SCOPE]), SCOPE);
    const session = await logIn(lease.url);
    const [first] = await versions();
    expect(await refresh()).toMatchObject({ version: 2, state: 'ready' });
    expect((await versions()).map(({ version, state }) => [version, state])).toEqual([
      [2, 'ready'],
      [1, 'retired'],
    ]);
    const inner = broker.composed.broker;
    await sweepTemplates(inner);
    expect((await versions()).at(-1)?.state).toBe('retired');
    expect((await session.query('SELECT count(*)::int AS n FROM orders')).rows).toEqual([
      { n: 500 },
    ]);
    const params = { id: lease.lease };
    const changes = await lease.client.call('getLeaseChanges', { params });
    expect(changes.template).toMatchObject({ id: first?.id, version: 1 });
    await lease.client.call('revokeLease', { params });
    await eventually(async () => (await admin.call('getLease', { params })).state === 'revoked');
    await eventually(async () => {
      await sweepTemplates(inner);
      return (await versions()).at(-1)?.state === 'dropped';
    });
    const body = first?.id.slice(4) ?? '';
    expect((await leftovers()).filter((name) => name.endsWith(body))).toEqual([]);
  });

  it('ends a sandbox that outgrew its size, and says so in the audit', async () => {
    await broker.apply(sandboxBundle({ maxSize: '20MB' }));
    const lease = await issue(await hold(agent, [SCOPE]), SCOPE);
    const session = await logIn(lease.url);
    await session
      .query("CREATE TABLE big AS SELECT repeat('x', 1000) FROM generate_series(1, 20000)")
      .catch(() => undefined);
    await watchResourcesJob(broker.composed.broker, 2_000, () => undefined).run();
    const params = { id: lease.lease };
    await eventually(async () => (await admin.call('getLease', { params })).state === 'revoked');
    expect(await admin.call('getLease', { params })).toMatchObject({
      end_reason: 'the sandbox grew over its size',
    });
    const { items } = await admin.call('listAudit', { query: { action: 'lease.watchdog' } });
    expect(items.map(({ detail }) => detail['kind'])).toContain('size_exceeded');
    await broker.apply(sandboxBundle());
  });

  it('refuses a template that was built by another definition', async () => {
    await broker.apply(sandboxBundle({ masking: '{ id: keep, country: hash, email: hash }' }));
    expect(await refused(issue(await hold(agent, [SCOPE]), SCOPE))).toMatch(
      /by an earlier definition/,
    );
    await broker.apply(sandboxBundle());
  });

  it('says why a build failed, and leaves no database behind', async () => {
    await broker.apply(sandboxBundle({ masking: '{ id: keep }' }));
    expect(await refresh()).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('public.customers.email is NOT NULL'),
    });
    await eventually(async () => {
      await sweepTemplates(broker.composed.broker);
      return (await versions())[0]?.state === 'dropped';
    });
    await broker.apply(sandboxBundle());
  });

  it('keeps on record where a template is built, and takes absence for proof nowhere else', async () => {
    const { templates, newId, installation } = broker.composed.broker;
    const [built] = await templates.list('sandboxes');
    expect(built?.server).toMatch(/^127\.0\.0\.1:\d+\/\w+$/);
    expect(built?.serverIdentity).toMatch(/^\d+$/);
    const id = newId('template');
    const database = `cs_${installation}_t_${id.slice('tpl_'.length)}`;
    const entry = (action: 'template.building' | 'template.failed') => ({
      actor: 'broker',
      action,
      subject: id,
      detail: {},
    });
    await templates.begin(
      {
        ...{ id, database, resource: 'sandboxes', name: 'other', definition: '', source: 'shop' },
        ...{ secret: 'sandboxes/admin-url', server: '192.0.2.1:5432/old', serverIdentity: '1' },
      },
      () => entry('template.building'),
    );
    await templates.fail(id, 'never finished', entry('template.failed'));
    await eventually(async () => {
      await sweepTemplates(broker.composed.broker).catch(() => undefined);
      return (await templates.find(id))?.state !== 'failed';
    });
    // The server that is asked has no such database: that of the record may have one.
    await sweepTemplates(broker.composed.broker);
    expect(await templates.find(id)).toMatchObject({ state: 'dropping' });
  });

  it("refuses production's server by what it is, whatever it is called, unless accepted by name", async () => {
    // The same server as the shop's, by another address.
    const url = new URL(shop.adminUrl);
    url.hostname = 'localhost';
    await shop.asSuperuser(`ALTER ROLE ${shop.adminRole} CREATEDB`);
    await set('sandboxes/admin-url', url.href);
    const findings = async () =>
      (await admin.call('probeResource', { params: TEMPLATE })).findings.map(({ id, accepted }) => [
        id,
        accepted,
      ]);
    expect(await findings()).toContainEqual(['production-server', false]);
    expect(await refused(admin.call('refreshTemplate', { params: TEMPLATE }))).toMatch(
      /not_hardened: sandboxes hands out sandboxes but not hardened: .*production-server/,
    );
    expect(await refused(issue(await hold(agent, [SCOPE]), SCOPE))).toMatch(/production-server/);
    await broker.apply(sandboxBundle({ accept: 'production-server' }));
    expect(await findings()).toContainEqual(['production-server', true]);
    await set('sandboxes/admin-url', sandboxes.adminUrl);
    expect((await findings()).map(([id]) => id)).not.toContain('production-server');
  });
});
