import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../src/sdk/client.ts';
import { startBroker, type TestAgent, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { availableMajors } from '../support/postgres.ts';
import { createShop, type ShopDatabase } from '../support/shop.ts';
import { FINGERPRINT, ROADS } from './roads.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

const SHOP_FILE = 'resources/shop.yaml';
/** What every PostgreSQL gives to PUBLIC until somebody takes it away; `public-create` up to 14. */
const DEFAULTS = ['public-temp', 'connect-elsewhere', 'large-objects'];

/** The bundle with `shop` accepting these gaps by name. */
function accepting(gaps: readonly string[]): Record<string, string> {
  const file = SHOP_BUNDLE[SHOP_FILE] ?? '';
  return {
    ...SHOP_BUNDLE,
    [SHOP_FILE]: file
      .replace('accept: []', `accept: [${gaps.join(', ')}]`)
      .replace('statement_timeout: 30s', 'statement_timeout: 1s'),
  };
}

describe.each([14, 18] as const)('PostgreSQL %i behind the broker', (major) => {
  describe.skipIf(!availableMajors().includes(major))('', () => {
    let broker: TestBroker;
    let shop: ShopDatabase;
    let proxy: TcpProxy;
    let agent: TestAgent;
    let admin: Client;
    const logins: pg.Client[] = [];

    beforeAll(async () => {
      [broker, shop] = await Promise.all([startBroker(), createShop(major)]);
      const direct = new URL(shop.adminUrl);
      proxy = await startTcpProxy({ host: direct.hostname, port: Number(direct.port) });
      const cuttable = new URL(shop.adminUrl);
      cuttable.port = String(proxy.port);
      await broker.apply(accepting([]));
      admin = await broker.operator();
      const set = (name: string, value: string) =>
        admin.call('setSecret', { params: { name }, body: { value } });
      await set('shop/admin-url', shop.adminUrl);
      await set('shop-staging/admin-url', cuttable.href);
      agent = await broker.agent();
    });
    afterEach(async () => {
      for (const login of logins.splice(0)) await login.end().catch(() => undefined);
    });
    afterAll(async () => {
      await broker.stop();
      await proxy.cut();
    });

    async function mint(scope: string): Promise<{ client: Client; taskId: string }> {
      const minted = await agent.session.mintToken({
        scopes: [scope],
        task: { purpose: 'look around' },
      });
      return { client: agent.session.client(minted.access_token), taskId: minted.task_id ?? '' };
    }
    async function issue(scope: string) {
      const { client, taskId } = await mint(scope);
      const { lease, credential } = await client.call('issueLease', { body: { scope } });
      return { client, taskId, lease, credential };
    }
    async function logIn(credential: Record<string, unknown>, database?: string) {
      const url = new URL(String(credential['url']));
      url.port = new URL(shop.adminUrl).port;
      if (database) url.pathname = `/${database}`;
      const login = new pg.Client({ connectionString: url.href });
      login.on('error', () => undefined);
      await login.connect();
      logins.push(login);
      return login;
    }
    const stateOf = async (id: string) => (await admin.call('getLease', { params: { id } })).state;
    const refusalOf = (work: Promise<unknown>) =>
      work.then(
        () => 'done',
        (error: { code?: string }) => error.code,
      );
    const fingerprint = () => shop.asSuperuser(FINGERPRINT);
    const readyz = async () => {
      const answer = await fetch(`${broker.url}/readyz`);
      const body = (await answer.json()) as { detail: { overdue_leases: number } };
      return { status: answer.status, overdue: body.detail.overdue_leases };
    };
    const metric = async (name: string) => {
      const text = await (await fetch(`${broker.url}/metrics`)).text();
      const line = text.split('\n').find((one) => one.startsWith(`${name} `));
      return Number(line?.slice(name.length + 1) ?? 0);
    };

    it('refuses a protected read until each gap is accepted by name or closed by the printed SQL', async () => {
      const gaps = major === 14 ? [...DEFAULTS, 'public-create'] : DEFAULTS;
      const { client } = await mint('shop:read');
      const ask = () =>
        client.call('issueLease', { body: { scope: 'shop:read' } }).then(
          () => 'issued',
          (error: { code: string; detail: string }) => `${error.code}: ${error.detail}`,
        );
      const refused = await ask();
      expect(refused).toContain('not_hardened');
      for (const gap of gaps) expect(refused).toContain(gap);
      expect(await shop.leaseRoles(broker.composed.broker.installation)).toEqual([]);
      const leases = await admin.call('listLeases', {});
      expect(leases.items).toEqual([]);

      for (const missing of gaps) {
        await broker.apply(accepting(gaps.filter((gap) => gap !== missing)));
        expect(await ask()).toBe(`not_hardened: shop is protected but not hardened: ${missing}.`);
      }
      await broker.apply(accepting(gaps));
      expect(await ask()).toBe('issued');
      await admin.call('revoke', { body: { all: true, reason: 'next part' } });
      const stops = await admin.call('listStops', {});
      for (const stop of stops.items.filter((one) => one.lifted_at === undefined)) {
        await admin.call('liftStop', { params: { id: stop.id }, body: { reason: 'next part' } });
      }

      // Other databases of this server belong to other tests: that one gap stays accepted.
      await broker.apply(accepting(['connect-elsewhere']));
      const probe = await admin.call('probeResource', { params: { name: 'shop' } });
      expect(probe.hardened).toBe(false);
      const sql = probe.findings
        .filter(({ id, severity }) => severity !== 'advice' && id !== 'connect-elsewhere')
        .flatMap((finding) => finding.sql);
      for (const statement of sql) await shop.asSuperuser(statement);
      const after = await admin.call('probeResource', { params: { name: 'shop' } });
      expect(after.hardened).toBe(true);
      const again = await issue('shop:read');
      expect(again.credential.type).toBe('postgres');
    });

    it.each(ROADS)('a read login changes nothing by way of %s', async (_name, sql) => {
      const before = await fingerprint();
      const { credential, lease, client } = await shared();
      const login = await logIn(credential);
      await login.query('set default_transaction_read_only = off');
      expect(await refusalOf(login.query(sql))).not.toBe('done');
      await login.query('rollback');
      expect(await fingerprint()).toEqual(before);
      expect((await client.call('getLease', { params: { id: lease.id } })).state).toBe('active');
    });

    let open: Promise<Awaited<ReturnType<typeof issue>>> | undefined;
    /** One lease for all roads. */
    const shared = () => (open ??= issue('shop:read'));

    it('a login changes its own password and settings, and they die with its role', async () => {
      const { credential, taskId, lease } = await issue('shop:read');
      const login = await logIn(credential);
      const role = String(credential['username']);
      await login.query('set default_transaction_read_only = off');
      await login.query(`alter role ${role} password 'chosen by the agent'`);
      await login.query(`alter role ${role} set default_transaction_read_only = off`);
      expect(await refusalOf(login.query(`alter role ${role} valid until 'infinity'`))).toBe(
        '42501',
      );
      expect(await refusalOf(login.query(`alter role ${role} connection limit -1`))).toBe('42501');
      expect(await refusalOf(login.query(`alter role ${role} superuser`))).toBe('42501');
      await admin.call('closeTask', { params: { id: taskId }, body: { reason: 'done' } });
      await expect.poll(() => stateOf(lease.id), { timeout: 15_000 }).toBe('revoked');
      await expect(
        logIn({
          url: String(credential['url']).replace(/:[^:@]*@/, ':chosen%20by%20the%20agent@'),
        }),
      ).rejects.toMatchObject({ code: expect.stringMatching(/^28/) });
      expect(await shop.asSuperuser('select from pg_roles where rolname = $1', [role])).toEqual([]);
      expect(
        await shop.asSuperuser(
          'select from pg_db_role_setting s where not exists (select from pg_roles r where r.oid = s.setrole) and s.setrole <> 0',
        ),
      ).toEqual([]);
    });

    it('keeps time itself: a session that turned its timeout off is cancelled, on record', async () => {
      const { credential, lease } = await issue('shop:read');
      const login = await logIn(credential);
      await login.query('set statement_timeout = 0; set default_transaction_read_only = off');
      const counted = await metric(
        'countersign_outcomes_total{what="watchdog",outcome="statement_cancelled"}',
      );
      expect(await refusalOf(login.query('select pg_sleep(600)'))).toBe('57014');
      await expect
        .poll(() =>
          metric('countersign_outcomes_total{what="watchdog",outcome="statement_cancelled"}'),
        )
        .toBeGreaterThan(counted);
      const { items } = await admin.call('listAudit', { query: { action: 'lease.watchdog' } });
      expect(items[0]).toMatchObject({ actor: 'broker', subject: 'resource:shop' });
      expect(items[0]?.detail).toMatchObject({
        kind: 'statement_cancelled',
        outside_name: credential['username'],
      });
      await admin.call('revokeLease', { params: { id: lease.id } });
    });

    it('ends a lease by the clock of the store, running statements and all', async () => {
      const { credential, lease } = await issue('shop:read');
      const login = await logIn(credential);
      const gone = new Promise<void>((resolve) => login.on('end', () => resolve()));
      await broker.store.asSuperuser(
        'update countersign.leases set expires_at = clock_timestamp() where id = $1',
        [lease.id],
      );
      await gone;
      await expect.poll(() => stateOf(lease.id), { timeout: 15_000 }).toBe('revoked');
      await expect(logIn(credential)).rejects.toMatchObject({ code: expect.stringMatching(/^28/) });
      const ended = await admin.call('getLease', { params: { id: lease.id } });
      expect(ended).toMatchObject({ end_reason: 'expired', dead_ms: expect.any(Number) });
    });

    it('lists a lease it cannot reach as overdue, raises the alarm, tries again, and then ends it', async () => {
      const { lease, taskId } = await issue('shop-staging:read');
      expect(await readyz()).toEqual({ status: 200, overdue: 0 });
      await proxy.cut();
      await admin.call('closeTask', { params: { id: taskId }, body: { reason: 'done' } });
      await expect.poll(async () => (await readyz()).overdue, { timeout: 10_000 }).toBe(1);
      expect((await readyz()).status).toBe(200);
      expect(await metric('countersign_leases_overdue')).toBe(1);
      expect(
        await metric('countersign_outcomes_total{what="lease",outcome="revoke_failed"}'),
      ).toBeGreaterThan(0);
      const { items } = await admin.call('listLeases', { query: { overdue: 'true' } });
      expect(items).toHaveLength(1);
      expect(items[0]).toMatchObject({
        id: lease.id,
        state: 'revoking',
        overdue_since: expect.any(String),
        last_error: expect.stringContaining('provider_unavailable'),
      });
      expect(items[0]?.last_error).not.toContain('admin:');
      // It tries again by itself, with nobody asking.
      await expect
        .poll(
          async () => (await admin.call('getLease', { params: { id: lease.id } })).attempts ?? 0,
          { timeout: 10_000 },
        )
        .toBeGreaterThan(1);

      // Asked for a new one meanwhile: the reservation ends, nothing is left behind.
      const { client } = await mint('shop-staging:read');
      await expect(
        client.call('issueLease', { body: { scope: 'shop-staging:read' } }),
      ).rejects.toMatchObject({ code: 'provider_unavailable', status: 503 });

      await proxy.mend();
      await expect.poll(() => stateOf(lease.id), { timeout: 20_000 }).toBe('revoked');
      await expect.poll(async () => (await readyz()).overdue, { timeout: 20_000 }).toBe(0);
      expect(await metric('countersign_leases_overdue')).toBe(0);
      const staging = await admin.call('listLeases', { query: { resource: 'shop-staging' } });
      expect(new Set(staging.items.map(({ state }) => state))).toEqual(new Set(['revoked']));
    });
  });
});
