import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, type Mode } from '../../src/platform/config/config.ts';

const CANARY = 'canary-secret-id';
const VAULT = { COUNTERSIGN_VAULT_ADDRESS: 'https://vault.test:8200' };
const APPROLE = {
  ...VAULT,
  COUNTERSIGN_VAULT_AUTH: 'approle',
  COUNTERSIGN_VAULT_ROLE_ID: 'role',
  COUNTERSIGN_VAULT_SECRET_ID: CANARY,
};
const PRODUCTION = {
  COUNTERSIGN_ISSUER: 'https://broker.example.com',
  DATABASE_URL: 'postgres://runtime@db.example.com/countersign',
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function load(env: Record<string, string>, mode: Mode = 'local') {
  return loadConfig(mode, {
    env: { COUNTERSIGN_DATA_DIR: join(folder, 'data'), ...env },
    masterKeyProblem: () => undefined,
  });
}

function vaultOf(env: Record<string, string>) {
  const loaded = load(env);
  if ('problems' in loaded) throw new Error(loaded.problems.join('\n'));
  expect(JSON.stringify([loaded.config, loaded.described])).not.toContain('canary');
  return loaded.config.vault;
}

function problemsOf(env: Record<string, string>, mode?: Mode): string {
  const loaded = load(env, mode);
  const text = 'problems' in loaded ? loaded.problems.join('\n') : '';
  expect(text).not.toContain('canary');
  return text;
}

describe('the settings of Vault', () => {
  it('are none by default', () => {
    expect(vaultOf({})).toBeUndefined();
  });

  it('have the times of the docs', () => {
    expect(vaultOf(APPROLE)).toMatchObject({ refresh: 30, stale: 600 });
    const times = { COUNTERSIGN_VAULT_REFRESH: '5', COUNTERSIGN_VAULT_STALE: '0' };
    expect(vaultOf({ ...APPROLE, ...times })).toMatchObject({ refresh: 5, stale: 0 });
  });

  it('name a login by AppRole, with its secret id or a wrap around it', () => {
    expect(vaultOf(APPROLE)?.target).toMatchObject({
      address: 'https://vault.test:8200',
      auth: { method: 'approle', mount: 'approle', roleId: 'role', wrapped: false },
    });
    const { COUNTERSIGN_VAULT_SECRET_ID: secret, ...rest } = APPROLE;
    const path = join(folder, 'wrap');
    writeFileSync(path, `${secret}\n`, { mode: 0o600 });
    const wrapped = {
      ...rest,
      COUNTERSIGN_VAULT_SECRET_ID_WRAPPED_FILE: path,
      COUNTERSIGN_VAULT_AUTH_MOUNT: 'team/approle',
      COUNTERSIGN_VAULT_NAMESPACE: 'a/b',
    };
    const target = vaultOf(wrapped)?.target;
    expect(target).toMatchObject({
      namespace: 'a/b',
      auth: { mount: 'team/approle', wrapped: true },
    });
    expect(target?.auth.method === 'approle' && target.auth.secretId.reveal()).toBe(CANARY);
    chmodSync(path, 0o644);
    expect(problemsOf(wrapped)).toMatch(/can be read by others/);
  });

  it('name a login by Kubernetes or by token', () => {
    const kubernetes = { ...VAULT, COUNTERSIGN_VAULT_AUTH: 'kubernetes' };
    expect(vaultOf({ ...kubernetes, COUNTERSIGN_VAULT_KUBERNETES_ROLE: 'r' })?.target.auth).toEqual(
      {
        method: 'kubernetes',
        mount: 'kubernetes',
        role: 'r',
        tokenPath: '/var/run/secrets/kubernetes.io/serviceaccount/token',
      },
    );
    const token = { ...VAULT, COUNTERSIGN_VAULT_AUTH: 'token', COUNTERSIGN_VAULT_TOKEN: CANARY };
    expect(vaultOf(token)?.target.auth).toMatchObject({ method: 'token' });
  });

  it.each([
    ['no login', VAULT, /VAULT_AUTH is not set/],
    ['a login without Vault', { COUNTERSIGN_VAULT_TOKEN: CANARY }, /VAULT_ADDRESS is not/],
    [
      'Transit without Vault',
      { COUNTERSIGN_VAULT_TRANSIT_KEY: 'transit/x' },
      /VAULT_ADDRESS is not/,
    ],
    [
      'a foreign login',
      { ...APPROLE, COUNTERSIGN_VAULT_TOKEN: CANARY },
      /another login than approle/,
    ],
    ['two secret ids', { ...APPROLE, COUNTERSIGN_VAULT_SECRET_ID_WRAPPED: CANARY }, /not both/],
    [
      'no role id',
      { ...VAULT, COUNTERSIGN_VAULT_AUTH: 'approle', COUNTERSIGN_VAULT_SECRET_ID: CANARY },
      /ROLE_ID is not set/,
    ],
    ['no token', { ...VAULT, COUNTERSIGN_VAULT_AUTH: 'token' }, /VAULT_TOKEN is not set/],
    ['no role', { ...VAULT, COUNTERSIGN_VAULT_AUTH: 'kubernetes' }, /KUBERNETES_ROLE is not set/],
    ['another method', { ...APPROLE, COUNTERSIGN_VAULT_AUTH: 'ldap' }, /COUNTERSIGN_VAULT_AUTH/],
    [
      'a path',
      { ...APPROLE, COUNTERSIGN_VAULT_ADDRESS: 'https://vault.test/v1' },
      /wants an origin/,
    ],
    [
      'credentials in it',
      { ...APPROLE, COUNTERSIGN_VAULT_ADDRESS: 'https://canary@vault.test' },
      /wants an origin/,
    ],
    ['a climbing mount', { ...APPROLE, COUNTERSIGN_VAULT_AUTH_MOUNT: 'a/../b' }, /wants a path/],
    ['a key without mount', { ...APPROLE, COUNTERSIGN_VAULT_TRANSIT_KEY: 'key' }, /mount and key/],
    [
      'too long a bridge',
      { ...APPROLE, COUNTERSIGN_VAULT_STALE: '86401' },
      /COUNTERSIGN_VAULT_STALE/,
    ],
    ['no look at all', { ...APPROLE, COUNTERSIGN_VAULT_REFRESH: '0' }, /COUNTERSIGN_VAULT_REFRESH/],
  ])('are refused with %s, and the value is not shown', (_name, env, words) => {
    expect(problemsOf(env as Record<string, string>)).toMatch(words);
  });

  it('serve without a local master key where Transit holds it, and dev makes none then', () => {
    expect(problemsOf({ ...PRODUCTION, ...APPROLE }, 'serve')).toMatch(/MASTER_KEY is not set/);
    const held = { ...APPROLE, COUNTERSIGN_VAULT_TRANSIT_KEY: 'transit/countersign' };
    expect(problemsOf({ ...PRODUCTION, ...held }, 'serve')).toBe('');
    const dev = load(held, 'dev');
    expect('config' in dev && [dev.config.masterKey, dev.notices]).toEqual([undefined, []]);
  });
});
