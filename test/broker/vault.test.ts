import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { rotateKeyOf } from '../../src/main/run-key-rotate.ts';
import { rotateMasterKeyOf } from '../../src/main/run-master-key-rotate.ts';
import { doctorChecks } from '../../src/main/run-doctor.ts';
import type { Config } from '../../src/platform/config/config.ts';
import type { Client } from '../../src/sdk/client.ts';
import { startBroker, type TestAgent, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { createShop, type ShopDatabase } from '../support/shop.ts';
import { must, post } from '../support/vault/api.ts';
import { LEASED_SCOPE, vaultResource } from '../support/vault/bundle.ts';
import { type LeaseGround, openLeases } from '../support/vault/leases.ts';
import { policyOf, setUpSecrets } from '../support/vault/set-up.ts';
import { sayWorlds, VAULT_WORLDS } from '../support/vault/worlds.ts';
import { borrow, hold, logIn } from './ground.ts';

sayWorlds();

const REFERENCE = 'vault:kv/data/countersign/shop#admin_url';
const BUNDLE = {
  ...SHOP_BUNDLE,
  'resources/shop-staging.yaml': SHOP_BUNDLE['resources/shop-staging.yaml']?.replace(
    'shop-staging/admin-url',
    `"${REFERENCE}"`,
  ),
  'resources/vault-shop.yaml': vaultResource(),
} as Record<string, string>;

describe.each(VAULT_WORLDS)('a broker beside $name', (world) => {
  let ground: LeaseGround;
  let shop: ShopDatabase;
  let broker: TestBroker;
  let admin: Client;
  let agent: TestAgent;
  let settings: Partial<Config>;
  const secrets: string[] = [];

  beforeAll(async () => {
    [ground, shop] = await Promise.all([openLeases(world), createShop()]);
    const { vault } = ground;
    await setUpSecrets(vault);
    await must(vault, post('kv/data/countersign/shop', { data: { admin_url: shop.adminUrl } }));
    await must(vault, post('sys/mounts/transit', { type: 'transit' }));
    await must(vault, post('transit/keys/countersign'));
    const token = await ownToken(vault);
    settings = {
      masterKey: undefined,
      networkAllow: [new URL(vault.address).host],
      vault: {
        target: { address: vault.address, auth: { method: 'token', token: new Secret(token) } },
        refresh: 1,
        stale: 600,
        transitKey: 'transit/countersign',
      },
    };
    broker = await startBroker({ config: settings });
    await broker.apply(BUNDLE);
    admin = await broker.operator();
    agent = await broker.agent();
    const params = { name: 'vault/agents' };
    await admin.call('setSecret', { params, body: { value: ground.root.value.reveal() } });
    const { auth } = JSON.parse(ground.root.value.reveal()) as { auth: { secret_id: string } };
    secrets.push(token, auth.secret_id, shop.adminUrl);
  });
  afterAll(async () => {
    await broker.stop();
    await ground.stop();
  });

  async function ownToken(vault: LeaseGround['vault']): Promise<string> {
    const policy = policyOf({
      'kv/data/countersign/*': ['read'],
      'transit/encrypt/countersign': ['update'],
      'transit/decrypt/countersign': ['update'],
    });
    await must(vault, post('sys/policies/acl/own', policy));
    const made = await must(vault, post('auth/token/create', { policies: ['own'], ttl: '1h' }));
    return made.auth.client_token;
  }
  const readyz = async () => {
    const response = await fetch(`${broker.url}/readyz`);
    return {
      status: response.status,
      body: (await response.json()) as { reasons: string[]; detail: object },
    };
  };
  /** The settings of a broker whose secret id came wrapped. */
  const withWrapped = () => {
    const given = { roleId: 'r', secretId: new Secret('w'), wrapped: true };
    const auth = { method: 'approle', mount: 'approle', ...given } as const;
    const { transitKey = '' } = broker.config.vault ?? {};
    return { target: { address: ground.vault.address, auth }, refresh: 1, stale: 600, transitKey };
  };
  const stateOf = async (id: string) => (await admin.call('getLease', { params: { id } })).state;

  it('issues a login with the root secret that Vault keeps', async () => {
    const held = await borrow(agent);
    await (await logIn(held.url)).end();
    await held.client.call('revokeLease', { params: { id: held.lease } });
    await expect.poll(() => stateOf(held.lease), { timeout: 10_000 }).toBe('revoked');
    const { items } = await admin.call('listResources', { query: {} });
    expect(items.find(({ name }) => name === 'shop-staging')).toMatchObject({
      secret: REFERENCE,
      secret_set: true,
    });
  });

  it('issues, renews and revokes what Vault makes', async () => {
    const held = await hold(agent, [LEASED_SCOPE]);
    const issued = await held.client.call('issueLease', { body: { scope: LEASED_SCOPE } });
    expect(issued).toMatchObject({
      credential: { type: 'vault-database' },
      info: { hints: { database: 'shop' } },
    });
    const [login, password] = ['username', 'password'].map((name) =>
      String(issued.credential[name]),
    );
    secrets.push(password ?? '');
    expect(await ground.logins()).toContain(login);
    const params = { id: issued.lease.id };
    const renewed = await held.client.call('renewLease', { params });
    expect(Date.parse(renewed.expires_at)).toBeGreaterThanOrEqual(
      Date.parse(issued.lease.expires_at),
    );
    await held.client.call('revokeLease', { params });
    await expect.poll(() => stateOf(issued.lease.id), { timeout: 10_000 }).toBe('revoked');
    expect(await ground.logins()).not.toContain(login);
    const { items } = await admin.call('listAudit', { query: { subject: issued.lease.id } });
    expect(items.map(({ action }) => action).sort()).toEqual([
      'lease.issued',
      'lease.issuing',
      'lease.renewed',
      'lease.revoked',
      'lease.revoking',
    ]);
  });

  it('records a handle only while a lease is being made, and says when it has ended', async () => {
    const held = await hold(agent, [LEASED_SCOPE]);
    const issued = await held.client.call('issueLease', { body: { scope: LEASED_SCOPE } });
    const { leases } = broker.composed.broker;
    const { id } = issued.lease;
    const handle = async () => (await leases.find(id))?.outsideHandle;
    const first = await handle();
    expect(JSON.parse(first ?? '{}')).toMatchObject({ path: 'database/creds/readonly' });
    expect(await leases.keepHandle(id, 'late')).toBe(false);
    expect(await handle()).toBe(first);
    await held.client.call('revokeLease', { params: { id } });
    await expect.poll(() => stateOf(id), { timeout: 10_000 }).toBe('revoked');
    expect(await leases.keepHandle(id, 'later')).toBe(false);
    expect(await handle()).toBe(first);
  });

  it('is probed, and the doctor shows what is configured', async () => {
    const params = { name: 'vault-shop' };
    expect(await admin.call('probeResource', { params })).toMatchObject({ hardened: true });
    const checks = await doctorChecks({ ...broker.config, mode: 'local' });
    expect(checks).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          id: 'vault',
          message: expect.stringContaining('Transit (transit/countersign)'),
        }),
        expect.objectContaining({ id: 'vault-login', level: 'ok' }),
        expect.objectContaining({ id: 'resource:vault-shop', level: 'ok' }),
      ]),
    );
  });

  it('starts again with the master key that Transit holds, and with no other', async () => {
    const again = await startBroker({ store: broker.store, config: settings });
    expect(again.composed.broker.installation).toBe(broker.composed.broker.installation);
    await again.stop();
    const { vault: _vault, ...local } = settings;
    const masterKey = new Secret(randomBytes(32).toString('base64url'));
    await expect(
      startBroker({ store: broker.store, config: { ...local, masterKey } }),
    ).rejects.toThrow(/held by transit\/countersign: set COUNTERSIGN_VAULT_TRANSIT_KEY/);
  });

  it('has Transit open the master key for a rotation of the signing key beside the broker', async () => {
    const kids = async () => {
      const answer = await fetch(`${broker.url}/.well-known/jwks.json`);
      return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
    };
    const config: Config = { ...broker.config, mode: 'local' };
    const { kid } = await rotateKeyOf(config, { emergency: true });
    await expect.poll(kids).toEqual([kid]);
    // What it sealed, a broker opens.
    const again = await startBroker({ store: broker.store, config: settings });
    await again.stop();
    await expect(rotateMasterKeyOf(config)).rejects.toThrow(/Rotate the Transit key in Vault/);
    const vault = withWrapped();
    await expect(rotateKeyOf({ ...config, vault }, { emergency: true })).rejects.toThrow(
      /leaves Vault alone/,
    );
  });

  it('leaves a wrapped secret id alone in a command beside the broker', async () => {
    const checks = await doctorChecks({ ...broker.config, mode: 'local', vault: withWrapped() });
    expect(checks.find(({ level }) => level === 'fail')?.message).toMatch(/leaves Vault alone/);
  });

  // The last one of this server: a real one cannot be unsealed again here.
  it('bridges an absence of Vault, says so, refuses what needs it and shows no secret', async () => {
    // Read once, so that there is something to bridge with.
    await borrow(await broker.agent());
    const strict = await startBroker({
      store: broker.store,
      config: {
        ...settings,
        vault: { ...(settings.vault as NonNullable<Config['vault']>), stale: 0 },
      },
    });
    await must(ground.vault, { method: 'POST', path: 'sys/seal' });
    await expect
      .poll(async () => (await readyz()).body.detail, { timeout: 10_000 })
      .toHaveProperty('vault_away_seconds');
    expect(await readyz()).toMatchObject({ status: 200 });
    const held = await borrow(await broker.agent());
    await (await logIn(held.url)).end();
    const other = await hold(await broker.agent(), [LEASED_SCOPE]);
    const refused = other.client.call('issueLease', { body: { scope: LEASED_SCOPE } });
    await expect(refused).rejects.toMatchObject({
      code: 'provider_unavailable',
      message: expect.stringMatching(/sealed/),
    });
    // Another broker, which may bridge nothing.
    const unready = async () => {
      const response = await fetch(`${strict.url}/readyz`);
      return { status: response.status, text: await response.text() };
    };
    await expect.poll(unready, { timeout: 10_000 }).toMatchObject({
      status: 503,
      text: expect.stringContaining('Vault does not answer: secrets kept there are refused'),
    });
    await strict.stop();
    await expectNoSecret();
  });

  /** Threats "Audit and logs": nothing of it in the log, in the audit or in any table, sealed or not. */
  async function expectNoSecret(): Promise<void> {
    const tables = await broker.store.asSuperuser<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'countersign'`,
    );
    const rows = await Promise.all(
      tables.map(({ name }) => broker.store.asSuperuser(`select t::text from ${name} t`)),
    );
    const everything = `${JSON.stringify(rows)}${broker.log.join('')}`;
    expect(secrets.length).toBeGreaterThanOrEqual(4);
    for (const secret of secrets) expect(everything).not.toContain(secret);
    expect(everything).toContain('transit/countersign');
  }
});
