import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import type { TestAgent } from '../support/broker.ts';
import { chainOf } from '../support/chain.ts';
import { type OwnServer, startOwnServer } from '../support/own-server.ts';
import { createShop, type ShopDatabase } from '../support/shop.ts';
import { borrow, type Ground, logIn, openGround } from './ground.ts';

/** The secret or the definition of a resource comes to name another server while leases live. */
describe('a lease belongs to the server it was made on', () => {
  let ground: Ground;
  let agent: TestAgent;
  let otherServer: OwnServer;
  let other: ShopDatabase;
  beforeAll(async () => {
    [ground, otherServer] = await Promise.all([openGround(), startOwnServer()]);
    other = await createShop(otherServer);
    agent = await ground.broker.agent();
  });
  afterAll(async () => {
    await ground.broker.stop();
    await otherServer.stop();
  });
  beforeEach(() => nameServer(ground.shop.adminUrl));

  async function nameServer(value: string, name = 'shop-staging/admin-url'): Promise<void> {
    await ground.admin.call('setSecret', { params: { name }, body: { value } });
  }

  const leaseOf = (id: string) => ground.admin.call('getLease', { params: { id } });

  const revoke = (lease: string) =>
    ground.admin.call('revoke', { body: { lease, reason: 'stop it' } });

  /** What the chain says happened to a lease. */
  async function entriesOf(lease: string) {
    const all = await chainOf(ground.broker.composed);
    return all.filter(({ subject }) => subject === lease);
  }

  it('is not revoked by looking elsewhere: it stays overdue until the secret is set back', async () => {
    const held = await borrow(agent);
    await nameServer(other.adminUrl);
    const renewal = held.client.call('renewLease', { params: { id: held.lease } });
    await expect(renewal).rejects.toMatchObject({ code: 'provider_misconfigured' });
    await revoke(held.lease);
    await expect
      .poll(async () => (await leaseOf(held.lease)).attempts ?? 0, { timeout: 15_000 })
      .toBeGreaterThan(1);
    const overdue = await leaseOf(held.lease);
    expect(overdue).toMatchObject({ state: 'revoking' });
    expect(overdue.overdue_since).toBeDefined();
    expect(overdue.dead_ms).toBeUndefined();
    expect(overdue.last_error).toMatch(
      /names another server than the one this lease was made on \(127\.0\.0\.1:\d+\/\w+\)\. Set it back/,
    );
    expect(await ground.roles()).toContain(held.role);
    await nameServer(ground.shop.adminUrl);
    await expect.poll(() => ground.stateOf(held.lease), { timeout: 15_000 }).toBe('revoked');
    expect(await ground.roles()).not.toContain(held.role);
    // However often it was tried: one entry when it became overdue, with the cause.
    const entries = await entriesOf(held.lease);
    expect(entries.map(({ action }) => action)).toEqual([
      'lease.issuing',
      'lease.issued',
      'revocation.accepted',
      'lease.revoking',
      'lease.overdue',
      'lease.revoked',
    ]);
    const late = entries.find(({ action }) => action === 'lease.overdue');
    expect(late?.detail).toMatchObject({ resource: 'shop-staging', outside_name: held.role });
    expect(String(late?.detail['cause'])).toContain('another server');
    expect(entries[0]?.detail['server']).toMatch(/^127\.0\.0\.1:\d+\/\w+$/);
  });

  it('is ended through the definition it was issued under, where the new one names another server', async () => {
    const held = await borrow(agent);
    await nameServer(other.adminUrl, 'new-home/admin-url');
    const staging = SHOP_BUNDLE['resources/shop-staging.yaml'] ?? '';
    const moved = staging.replace('shop-staging/admin-url', 'new-home/admin-url');
    await ground.broker.apply({ ...SHOP_BUNDLE, 'resources/shop-staging.yaml': moved });
    await expect.poll(() => ground.stateOf(held.lease), { timeout: 15_000 }).toBe('revoked');
    expect(await ground.roles()).not.toContain(held.role);
    await ground.broker.apply(SHOP_BUNDLE);
  });

  it('keeps being revoked where the admin or its password changed, or the name of the same server', async () => {
    const admin = `other_${ground.shop.adminRole}`;
    await ground.shop.asSuperuser(
      `create role ${admin} login createrole password 'another'; grant ${ground.shop.adminRole} to ${admin};
       alter role ${ground.shop.adminRole} password 'rotated'`,
    );
    const rotated = ground.shop.adminUrl.replace(':admin@', ':rotated@');
    await nameServer(rotated);
    const asOther = rotated.replace(`${ground.shop.adminRole}:rotated`, `${admin}:another`);
    for (const url of [rotated, asOther, rotated.replace('127.0.0.1', 'localhost')]) {
      await nameServer(rotated);
      const held = await borrow(agent);
      await nameServer(url);
      await held.client.call('renewLease', { params: { id: held.lease } });
      await revoke(held.lease);
      await expect.poll(() => ground.stateOf(held.lease), { timeout: 15_000 }).toBe('revoked');
      expect(await ground.roles()).not.toContain(held.role);
    }
    await ground.shop.asSuperuser(`alter role ${ground.shop.adminRole} password 'admin'`);
  });

  it('is not taken for gone where another server has come to the old address', async () => {
    const held = await borrow(agent);
    // The address is the same, what the server says it is not: here by way of the record.
    const { asSuperuser } = ground.broker.store;
    const swap = `update countersign.leases set server_identity = $2 where id = $1 returning (select
      server_identity from countersign.leases l where l.id = $1) as before`;
    const [{ before } = { before: '' }] = await asSuperuser<{ before: string }>(swap, [
      held.lease,
      '7',
    ]);
    expect(before).toMatch(/^\d{10,}$/);
    await revoke(held.lease);
    await expect
      .poll(async () => (await leaseOf(held.lease)).last_error ?? '')
      .toContain('another server');
    // What is found under the lease's name ends all the same: a copy must not let anybody in.
    await expect(logIn(held.url)).rejects.toThrow();
    await asSuperuser(swap, [held.lease, before]);
    await expect.poll(() => ground.stateOf(held.lease), { timeout: 15_000 }).toBe('revoked');
  });

  it('is missed by the watchdog, which says so', async () => {
    const held = await borrow(agent);
    const missed = () =>
      ground.broker.log.filter(
        (line) => line.includes('watchdog could not look') && line.includes('another server'),
      );
    const before = missed().length;
    await nameServer(other.adminUrl);
    await expect.poll(() => missed().length, { timeout: 10_000 }).toBeGreaterThan(before);
    await nameServer(ground.shop.adminUrl);
    await held.client.call('closeTask', { params: { id: held.task }, body: {} });
  });

  it('is not made where the secret was set anew between the reservation and the issue', async () => {
    const { broker } = ground.broker.composed;
    const provider = broker.providers.get('postgres');
    const resource = broker.policy.resource('shop-staging');
    const scope = resource?.scopes.get('read');
    const root = await broker.secrets.read('shop-staging/admin-url');
    if (!provider || !resource || !scope) throw new Error('the ground has no shop');
    const name = `cs_${broker.installation}_${'0'.repeat(26)}`;
    const lease = {
      id: 'lse_x',
      outsideName: name,
      expiresAt: Date.now() + 60_000,
      server: 'elsewhere:5432/shop',
    };
    const request = { lease, resource, scope, root, signal: AbortSignal.timeout(5_000) };
    await expect(provider.issue(request)).rejects.toMatchObject({ code: 'provider_misconfigured' });
    expect(await ground.roles()).not.toContain(name);
  });
});
