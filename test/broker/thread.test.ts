import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { createShop, type ShopDatabase } from '../support/shop.ts';

/** The main job, end to end on real parts: decided → minted → issued → used → revoked → on record. */
describe('the main thread', () => {
  let broker: TestBroker;
  let shop: ShopDatabase;

  beforeAll(async () => {
    [broker, shop] = await Promise.all([startBroker(), createShop()]);
    await broker.apply(SHOP_BUNDLE);
    const admin = await broker.operator();
    const body = { value: shop.adminUrl };
    await admin.call('setSecret', { params: { name: 'shop-staging/admin-url' }, body });
  });
  afterAll(() => broker.stop());

  it('gives an agent a login for one task, and takes it away with the task', async () => {
    const agent = await broker.agent();
    const minted = await agent.session.mintToken({
      scopes: ['shop-staging:read'],
      task: { purpose: 'look at orders' },
    });
    const client = agent.session.client(minted.access_token);
    const { lease, credential } = await client.call('issueLease', {
      body: { scope: 'shop-staging:read' },
    });
    expect(credential.type).toBe('postgres');
    const login = new pg.Client({ connectionString: String(credential['url']) });
    login.on('error', () => undefined);
    await login.connect();
    const { rows } = await login.query('select count(*)::int as n from orders');
    expect(rows).toEqual([{ n: 500 }]);
    await login.query('set default_transaction_read_only = off');
    await expect(login.query('delete from orders')).rejects.toMatchObject({ code: '42501' });
    const slow = login.query('select pg_sleep(60)').catch((error: unknown) => error);

    const task = await client.call('closeTask', {
      params: { id: minted.task_id ?? '' },
      body: { reason: 'done' },
    });
    expect(task.state).toBe('closed');
    expect(await slow).toBeInstanceOf(Error);
    await expect(client.call('getLease', { params: { id: lease.id } })).rejects.toMatchObject({
      status: 401,
    });
    const admin = await broker.operator();
    await expect
      .poll(() => admin.call('getLease', { params: { id: lease.id } }).then((l) => l.state), {
        timeout: 10_000,
      })
      .toBe('revoked');
    expect(await shop.leaseRoles(broker.composed.broker.installation)).toEqual([]);
  });
});
