import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { Secret } from '../../../src/domain/secret.ts';
import type { Resource } from '../../../src/domain/resource.ts';
import type { Scope } from '../../../src/domain/scope.ts';
import { createJsonCaller } from '../../../src/platform/json-caller.ts';
import type { IssueRequest, RevokeRequest } from '../../../src/ports/provider.ts';
import { createVaultProvider } from '../../../src/providers/vault/provider.ts';
import { createVaultSession } from '../../../src/secrets/vault/session.ts';
import { testServer } from '../postgres.ts';
import { createShop } from '../shop.ts';
import { must, post } from './api.ts';
import type { FakeVault } from './fake.ts';
import { policyOf, setUpAppRole } from './set-up.ts';
import type { RunningVault, VaultWorld } from './worlds.ts';

const INSTALLATION = 'abcdefgh';
const PATH = 'database/creds/readonly';

/** The policy of docs/vault.md: what a login for leases needs, and nothing else. */
export const LEASES_POLICY: Readonly<Record<string, readonly string[]>> = {
  'auth/token/create/countersign': ['update'],
  'auth/token/renew-accessor': ['update'],
  'auth/token/revoke-accessor': ['update'],
  'auth/token/lookup-accessor': ['update'],
  'auth/token/accessors/': ['list', 'sudo'],
  'sys/leases/renew': ['update'],
  'sys/leases/revoke': ['update'],
  'sys/leases/lookup': ['update'],
  'sys/leases/lookup/database/creds/*': ['list', 'sudo'],
};

type Tried = 'in' | 'refused' | undefined;

/** A Vault that hands out logins of a database, and a provider with a login there. */
export interface LeaseGround {
  readonly vault: RunningVault;
  readonly provider: ReturnType<typeof createVaultProvider>;
  /** Logins that exist behind Vault. */
  logins(): Promise<string[]>;
  /** Those of them that still open: their end, as the creation statements wrote it, has not come. */
  livingLogins(): Promise<string[]>;
  /**
   * Logs in at the database behind it and runs a statement, reading orders unless said; undefined where there
   * is no database.
   */
  tryLogin(username: string, password: string, sql?: string): Promise<Tried>;
  /** A provider as another process of the broker builds it. */
  another(): LeaseGround['provider'];
  readonly root: { value: Secret; generation: number };
  stop(): Promise<void>;
}

/** @param alsoAllow further `host:port` that its providers may call */
export async function openLeases(
  world: VaultWorld,
  alsoAllow: readonly string[] = [],
): Promise<LeaseGround> {
  const vault = await world.start();
  await must(vault, post('sys/mounts/database', { type: 'database' }));
  const behind = world.real ? await realDatabase(vault) : fakeDatabase(vault as FakeVault);
  await behind.configure();
  await must(vault, post('sys/policies/acl/issue', policyOf({ 'database/creds/*': ['read'] })));
  await must(vault, post('auth/token/roles/countersign', TOKEN_ROLE));
  const role = await setUpAppRole(vault, LEASES_POLICY);
  const { secret_id } = await role.secretId();
  const root = rootOf(vault, { method: 'approle', role_id: role.roleId, secret_id });
  const caller = createJsonCaller({
    networkAllow: [new URL(vault.address).host, ...alsoAllow],
  });
  const another = () =>
    createVaultProvider({
      installation: INSTALLATION,
      openVault: (target) =>
        createVaultSession(target, { caller, monotonicMs: () => performance.now() }),
    });
  const stop = async () => {
    await caller.close();
    await vault.stop();
  };
  const { logins, livingLogins, tryLogin } = behind;
  return { vault, provider: another(), another, root, stop, logins, livingLogins, tryLogin };
}

export const TOKEN_ROLE = {
  allowed_policies: ['issue'],
  orphan: true,
  renewable: true,
  token_no_default_policy: true,
};

export function rootOf(vault: RunningVault, auth: object): LeaseGround['root'] {
  const value = new Secret(JSON.stringify({ address: vault.address, auth }));
  return { value, generation: 1 };
}

interface Behind extends Pick<LeaseGround, 'logins' | 'livingLogins' | 'tryLogin'> {
  configure(): Promise<void>;
}

const ROLES = {
  readonly: { default_ttl: '1h', max_ttl: '24h' },
  brief: { default_ttl: '60s', max_ttl: '24h' },
  short: { default_ttl: '60s', max_ttl: '120s' },
};

function fakeDatabase(vault: FakeVault): Behind {
  return {
    configure: async () => {
      for (const [name, role] of Object.entries(ROLES)) {
        await must(vault, post(`database/roles/${name}`, role));
      }
    },
    logins: async () => vault.logins(),
    livingLogins: async () => vault.logins(),
    tryLogin: async () => undefined,
  };
}

/** Vault's own plugin, at the PostgreSQL server of the test run. */
async function realDatabase(vault: RunningVault): Promise<Behind> {
  const [server, shop] = await Promise.all([testServer(), createShop()]);
  const admin = `vault_admin_${randomBytes(4).toString('hex')}`;
  await shop.asSuperuser(`create role ${admin} superuser login password 'admin'`);
  const { host, port } = server;
  const mark = randomBytes(4).toString('hex');
  const named = async (which: string) => {
    const rows = await shop.asSuperuser<{ rolname: string }>(
      `select rolname from pg_roles where rolname like $1 and ${which}`,
      [`v${mark}-%`],
    );
    return rows.map(({ rolname }) => rolname);
  };
  return {
    configure: async () => {
      await must(
        vault,
        post('database/config/shop', {
          plugin_name: 'postgresql-database-plugin',
          allowed_roles: '*',
          connection_url: `postgresql://{{username}}:{{password}}@${host}:${port}/${shop.database}?sslmode=disable`,
          username: admin,
          password: 'admin',
          username_template: `v${mark}-{{random 20 | lowercase}}`,
        }),
      );
      for (const [name, role] of Object.entries(ROLES)) {
        await must(
          vault,
          post(`database/roles/${name}`, {
            db_name: 'shop',
            creation_statements: [
              `CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'; GRANT SELECT ON orders TO "{{name}}";`,
            ],
            revocation_statements: [
              `ALTER ROLE "{{name}}" NOLOGIN; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{{name}}'; DROP OWNED BY "{{name}}"; DROP ROLE "{{name}}";`,
            ],
            ...role,
          }),
        );
      }
    },
    logins: () => named('true'),
    livingLogins: () => named('rolcanlogin and coalesce(rolvaliduntil > now(), true)'),
    tryLogin: async (user, password, sql = 'select count(*) from orders') => {
      const client = new pg.Client({ host, port, database: shop.database, user, password });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.query(sql);
        return 'in';
      } catch {
        return 'refused';
      } finally {
        await client.end().catch(() => undefined);
      }
    },
  };
}

const BODY = '0123456789abcdefghjkmnpqrstvwxyz';

/** A lease as the broker records it: the handle is kept here as the store would. */
export interface RecordedLease {
  readonly id: string;
  readonly outsideName: string;
  expiresAt: number;
  outsideHandle?: string;
}

export function newLease(seconds = 600): RecordedLease {
  const body = [...randomBytes(26)].map((byte) => BODY[byte % 32]).join('');
  const outsideName = `cs_${INSTALLATION}_${body}`;
  return { id: `lse_${body}`, outsideName, expiresAt: Date.now() + seconds * 1000 };
}

export function scopeOf(constraints: object = {}, effect: Scope['effect'] = 'read'): Scope {
  return {
    id: 'vault-shop:read',
    resource: 'vault-shop',
    name: 'read',
    effect,
    description: '',
    maxTtlSeconds: 900,
    constraints: { path: PATH, type: 'database', ...constraints },
  };
}

export function resourceOf(scope: Scope, isProtected = false): Resource {
  return {
    name: 'vault-shop',
    kind: 'vault',
    environment: { name: 'staging', protected: isProtected },
    owner: 'dana@example.com',
    connection: { url: { secret: 'vault/agents' }, accept: [] },
    scopes: new Map([[scope.name, scope]]),
  };
}

/** A request as the broker makes it. @param keep what happens to a handle; the lease keeps it by default */
export function requestFor(
  ground: Pick<LeaseGround, 'root'>,
  lease: RecordedLease,
  scope: Scope = scopeOf(),
  keep?: (handle: string) => Promise<void>,
): IssueRequest & RevokeRequest {
  return {
    lease,
    scope,
    resource: resourceOf(scope),
    root: ground.root,
    signal: AbortSignal.timeout(15_000),
    keepHandle:
      keep ??
      (async (handle) => {
        lease.outsideHandle = handle;
      }),
  };
}
