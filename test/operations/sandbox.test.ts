import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Held, type HeldLease, hold, issue, logIn } from '../broker/ground.ts';
import { eventually } from '../providers/shop.ts';
import { approve } from '../support/asking.ts';
import type { TestAgent } from '../support/broker.ts';
import { aPerson, type Person } from '../support/people.ts';
import { sandboxBundle } from '../support/sandbox-bundle.ts';
import { openSandboxScene, type SandboxScene } from '../support/sandbox-scene.ts';
import { CORRECT, PEOPLE_AND_RULES } from './stage.ts';

const SCOPE = 'sandboxes:try';

describe('changes of a sandbox as one operation', () => {
  let scene: SandboxScene;
  let agent: TestAgent;
  let omar: Person;
  beforeAll(async () => {
    scene = await openSandboxScene();
    const { broker, shop, sandboxes } = scene;
    const bundle = { ...sandboxBundle(), ...PEOPLE_AND_RULES };
    await broker.apply(bundle);
    await shop.asSuperuser(
      `grant usage on all sequences in schema public to ${shop.adminRole} with grant option`,
    );
    const admin = await broker.operator();
    const set = (name: string, value: string) =>
      admin.call('setSecret', { params: { name }, body: { value } });
    await set('shop/admin-url', shop.adminUrl);
    await set('sandboxes/admin-url', sandboxes.adminUrl);
    const template = { name: 'sandboxes', template: 'shop' };
    await admin.call('refreshTemplate', { params: template });
    await eventually(async () => {
      const { items } = await admin.call('listTemplates', { params: template });
      return items[0]?.state === 'ready';
    });
    agent = await broker.agent();
    omar = await aPerson(broker, { email: 'omar@example.com', role: 'admin', name: 'Omar' });
  });
  afterAll(() => scene.stop());

  /** A sandbox in which these statements were run. */
  async function changed(sql: string): Promise<HeldLease> {
    const lease = await issue(await hold(agent, [SCOPE, CORRECT]), SCOPE);
    const session = await logIn(lease.url);
    await session.query(sql);
    await session.end();
    return lease;
  }
  const submit = (of: Held & { lease: string }, scope = CORRECT) =>
    of.client.call('submitOperation', { body: { scope, lease: of.lease } });
  const orders = async (where: string) =>
    scene.shop.asSuperuser<Record<string, unknown>>(
      `select id, customer, total::text from orders where ${where} order by id`,
    );

  it('is shown as a diff, and all of it is done or none', async () => {
    const lease = await changed(
      `UPDATE orders SET total = 42 WHERE id = 1; DELETE FROM orders WHERE id = 2;
       INSERT INTO orders (id, customer, total) VALUES (90001, 7, 8)`,
    );
    const operation = await submit(lease);
    expect(operation).toMatchObject({
      kind: 'sandbox',
      effect: 'write',
      blast_radius: { rows: 3, bounds: { 'public.orders': [0, 3] } },
    });
    const params = { id: operation.approval_id ?? '' };
    const { card, operation: exact } = await lease.client.call('getApproval', { params });
    expect(card.plan).toEqual([
      'public.orders: 1 added, 1 changed, 1 removed',
      '  ~ id = "1": total: "1" → "42"',
      '  - id = "2", customer = "3", total = "1"',
      '  + id = "90001", customer = "7", total = "8"',
    ]);
    expect(exact['statements']).toEqual([
      {
        sql: 'INSERT INTO public.orders ("id", "customer", "total") OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3)',
        params: ['90001', '7', '8'],
        rows: 1,
      },
      {
        sql: 'UPDATE public.orders SET "total" = $1 WHERE "id" = $2 AND "total" IS NOT DISTINCT FROM $3',
        params: ['42', '1', '1'],
        rows: 1,
      },
      {
        sql: 'DELETE FROM public.orders WHERE "id" = $1 AND "customer" IS NOT DISTINCT FROM $2 AND "total" IS NOT DISTINCT FROM $3',
        params: ['2', '3', '1'],
        rows: 1,
      },
    ]);
    expect((await approve(omar, [operation.approval_id ?? ''])).status).toBe(200);
    const read = { params: { id: operation.id }, query: { wait: 30 } };
    expect(await lease.client.call('getOperation', read)).toMatchObject({
      state: 'succeeded',
      rows: { 'public.orders': 3 },
    });
    expect(await orders('id in (1, 2, 90001)')).toEqual([
      { id: 1, customer: 2, total: '42' },
      { id: 90001, customer: 7, total: '8' },
    ]);
  });

  it('is rolled back whole when a row changed after it was approved', async () => {
    const lease = await changed('UPDATE orders SET total = 50 WHERE id IN (11, 12)');
    const operation = await submit(lease);
    await approve(omar, [operation.approval_id ?? '']);
    await scene.shop.asSuperuser('UPDATE orders SET total = 3 WHERE id = 12');
    const read = { params: { id: operation.id }, query: { wait: 30 } };
    expect(await lease.client.call('getOperation', read)).toMatchObject({ state: 'rolled_back' });
    expect(await orders('id in (11, 12)')).toMatchObject([{ total: '1' }, { total: '3' }]);
  });

  it('says so where rows are no longer as the sandbox found them', async () => {
    const lease = await changed('UPDATE orders SET total = 50 WHERE id IN (21, 22)');
    await scene.shop.asSuperuser('UPDATE orders SET total = 3 WHERE id = 22');
    await expect(submit(lease)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/Of 2 rows 1/),
    });
  });

  it.each([
    ['another schema', 'ALTER TABLE orders ADD COLUMN why text', /another schema/],
    ['too many rows', 'UPDATE orders SET total = 2', /More rows/],
    ['nothing', 'SELECT 1', /Nothing was changed/],
    [
      'a value too long to be shown',
      `UPDATE customers SET email = repeat('x', 300) WHERE id = 1`,
      /longer than is shown/,
    ],
  ])('is refused where it cannot be carried over: %s', async (_what, sql, why) => {
    await expect(submit(await changed(sql))).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(why),
    });
  });

  it('goes where its rows came from, from its own sandbox, and nowhere else', async () => {
    const lease = await changed('UPDATE orders SET total = 5 WHERE id = 31');
    const staging = 'shop-staging:write';
    const other = { ...(await hold(agent, [SCOPE, staging])), lease: lease.lease };
    await expect(submit(other, staging)).rejects.toMatchObject({ code: 'conflict' });
    const stranger = await hold(await scene.broker.agent(), [SCOPE, CORRECT]);
    await expect(submit({ ...stranger, lease: lease.lease })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
