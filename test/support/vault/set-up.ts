import { createJsonCaller } from '../../../src/platform/json-caller.ts';
import { Secret } from '../../../src/domain/secret.ts';
import type { JsonCaller } from '../../../src/ports/json-caller.ts';
import type { VaultAuth, VaultSession, VaultTarget } from '../../../src/ports/vault.ts';
import { createVaultSession } from '../../../src/secrets/vault/session.ts';
import { must, post, type VaultApi } from './api.ts';

/** Text of the field that the tests read; never to be seen anywhere else. */
export const CANARY = 'canary-postgres://admin:s3cret@db/shop';

/** `{ "kv/*": ["read"] }` → a policy as Vault takes it. */
export function policyOf(paths: Readonly<Record<string, readonly string[]>>): { policy: string } {
  const path = Object.fromEntries(
    Object.entries(paths).map(([name, capabilities]) => [name, { capabilities }]),
  );
  return { policy: JSON.stringify({ path }) };
}

/** An AppRole `broker` with the policy `broker`, and a way to secret ids. */
export async function setUpAppRole(
  api: VaultApi,
  paths: Readonly<Record<string, readonly string[]>>,
  more: object = {},
): Promise<{ roleId: string; secretId(): Promise<{ secret_id: string; accessor: string }> }> {
  await must(api, post('sys/policies/acl/broker', policyOf(paths)));
  const mounted = await api.call(post('sys/auth/approle', { type: 'approle' }));
  // Mounted by an earlier test of the same server is as good.
  if (mounted.status !== 204 && mounted.status !== 400) throw new Error(`${mounted.status}`);
  await must(api, post('auth/approle/role/broker', { token_policies: ['broker'], ...more }));
  const role = await must(api, { path: 'auth/approle/role/broker/role-id' });
  return {
    roleId: role.data.role_id,
    secretId: async () => {
      const made = await must(api, post('auth/approle/role/broker/secret-id'));
      return { secret_id: made.data.secret_id, accessor: made.data.secret_id_accessor };
    },
  };
}

/** Key-value engines of both versions, with a secret in each. */
export async function setUpSecrets(api: VaultApi): Promise<void> {
  await must(api, post('sys/mounts/kv', { type: 'kv', options: { version: '2' } }));
  await must(api, post('sys/mounts/old', { type: 'kv', options: { version: '1' } }));
  await untilMounted(api);
  await must(api, post('kv/data/shop', { data: { admin_url: CANARY, port: 5432 } }));
  await must(api, post('old/shop', { admin_url: CANARY }));
}

/** A new engine of version 2 upgrades itself for a moment, and says 400 meanwhile. */
async function untilMounted(api: VaultApi): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const { status } = await api.call(post('kv/data/first', { data: { a: 'b' } }));
    if (status === 200) return;
  }
  throw new Error('kv was not mounted');
}

export const READ_KV = { 'kv/data/*': ['read'], 'old/*': ['read'] };

/** A session as `main` builds it, whose clock a test can move. */
export interface TestSession {
  readonly session: VaultSession;
  readonly caller: JsonCaller;
  readonly monotonicMs: () => number;
  advance(ms: number): void;
}

export function sessionAt(
  api: VaultApi,
  auth: VaultAuth,
  more: Partial<VaultTarget> = {},
): TestSession {
  let later = 0;
  const caller = createJsonCaller({ networkAllow: [new URL(api.address).host], timeoutMs: 5_000 });
  const monotonicMs = () => performance.now() + later;
  const target = { address: api.address, auth, ...more };
  return {
    session: createVaultSession(target, { caller, monotonicMs }),
    caller,
    monotonicMs,
    advance: (ms) => {
      later += ms;
    },
  };
}

export function appRole(roleId: string, secretId: string, wrapped = false): VaultAuth {
  return { method: 'approle', mount: 'approle', roleId, secretId: new Secret(secretId), wrapped };
}

/** What an error shows to a caller and to the log, causes included. */
export function everythingSaid(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = Object.getOwnPropertyNames(error).map(
    (name) => `${name}=${String(Reflect.get(error, name))}`,
  );
  return `${own.join('\n')}\n${error.cause === undefined ? '' : everythingSaid(error.cause)}`;
}
