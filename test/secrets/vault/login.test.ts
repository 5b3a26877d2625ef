import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import type { VaultAuth } from '../../../src/ports/vault.ts';
import { CERTIFICATE } from '../../platform/certificate.ts';
import { must, post } from '../../support/vault/api.ts';
import { startTokenReview, serviceAccountJwt } from '../../support/vault/kubernetes.ts';
import {
  appRole,
  everythingSaid,
  policyOf,
  READ_KV,
  sessionAt,
  setUpAppRole,
  setUpSecrets,
} from '../../support/vault/set-up.ts';
import { type RunningVault, sayWorlds, VAULT_WORLDS } from '../../support/vault/worlds.ts';

sayWorlds();

describe.each(VAULT_WORLDS)('logging in at $name', ({ start }) => {
  let vault: RunningVault;
  let role: Awaited<ReturnType<typeof setUpAppRole>>;
  beforeAll(async () => {
    vault = await start();
    await setUpSecrets(vault);
    role = await setUpAppRole(vault, READ_KV, { token_ttl: '60s' });
  });
  afterAll(() => vault.stop());

  const shop = { method: 'GET', path: 'kv/data/shop' } as const;
  const open = (auth: VaultAuth) => sessionAt(vault, auth);
  const tokens = async () => {
    const { data } = await must(vault, { method: 'LIST', path: 'auth/token/accessors' });
    return data.keys;
  };
  const wrap = async (path = 'auth/approle/role/broker/secret-id') => {
    const made = await must(vault, { method: 'POST', path, wrap: 60 });
    return made.wrap_info.token;
  };
  const failure = async (auth: VaultAuth) => {
    const error: unknown = await open(auth)
      .session.call(shop)
      .catch((caught: unknown) => caught);
    expect(error).toHaveProperty('code');
    return error as { code: string; detail: string };
  };

  it('an AppRole logs in once for many calls at a time', async () => {
    const { session } = open(appRole(role.roleId, (await role.secretId()).secret_id));
    const before = await tokens();
    await Promise.all(Array.from({ length: 8 }, () => session.call(shop)));
    expect((await tokens()).length).toBe(before.length + 1);
  });

  it('a token is renewed in the last third of its life, and not before', async () => {
    const { session, advance } = open(appRole(role.roleId, (await role.secretId()).secret_id));
    await session.call(shop);
    const count = (await tokens()).length;
    advance(39_000);
    await session.call(shop);
    advance(2_000);
    await session.call(shop);
    // Renewed, not made anew.
    expect((await tokens()).length).toBe(count);
    // Its whole life has passed by our clock: no renewal is tried, a login is.
    advance(61_000);
    await session.call(shop);
    expect((await tokens()).length).toBe(count + 1);
  });

  it('a login is given back at a stop, and a token of the settings is not', async () => {
    const before = await tokens();
    const { session } = open(appRole(role.roleId, (await role.secretId()).secret_id));
    await session.call(shop);
    expect((await tokens()).length).toBe(before.length + 1);
    await session.close();
    expect((await tokens()).length).toBe(before.length);
    const made = await must(vault, post('auth/token/create', { policies: ['broker'], ttl: '60s' }));
    const given = open({ method: 'token', token: new Secret(made.auth.client_token) });
    await given.session.call(shop);
    await given.session.close();
    expect(await tokens()).toContain(made.auth.accessor);
  });

  it('a token that was revoked is replaced, and a policy that says no is told apart', async () => {
    const { session } = open(appRole(role.roleId, (await role.secretId()).secret_id));
    await session.call(shop);
    const self = await session.call({ method: 'GET', path: 'auth/token/lookup-self' });
    await must(vault, post('auth/token/revoke-accessor', { accessor: self.data['accessor'] }));
    expect((await session.call(shop)).status).toBe(200);
    const count = (await tokens()).length;
    await expect(session.call({ method: 'GET', path: 'kv/metadata/shop' })).rejects.toMatchObject({
      code: 'provider_misconfigured',
      detail: expect.stringContaining('path "kv/metadata/shop" { capabilities = ["read"] }'),
    });
    expect((await tokens()).length).toBe(count);
  });

  it('a revoked secret id has its own message, without the id', async () => {
    const { secret_id, accessor } = await role.secretId();
    const body = { secret_id_accessor: accessor };
    await must(vault, post('auth/approle/role/broker/secret-id-accessor/destroy', body));
    const error = await failure(appRole(role.roleId, secret_id));
    expect(error.code).toBe('provider_misconfigured');
    expect(error.detail).toMatch(/AppRole or its secret id was revoked.*Make a new secret id/);
    expect(everythingSaid(error)).not.toContain(secret_id);
  });

  it('a wrapped secret id opens once and serves later logins', async () => {
    const { session, advance } = open(appRole(role.roleId, await wrap(), true));
    expect((await session.call(shop)).status).toBe(200);
    advance(61_000);
    expect((await session.call(shop)).status).toBe(200);
  });

  it('a wrap that was opened before says that somebody else may have', async () => {
    const token = await wrap();
    await must(vault, { method: 'POST', path: 'sys/wrapping/unwrap', token });
    const error = await failure(appRole(role.roleId, token, true));
    expect(error.code).toBe('provider_misconfigured');
    expect(error.detail).toMatch(/opened before.*somebody else may hold the secret id/);
    expect(everythingSaid(error)).not.toContain(token);
  });

  it('a wrap of something else is left alone', async () => {
    const made = await must(vault, { ...shop, wrap: 60 });
    const token = made.wrap_info.token;
    expect((await failure(appRole(role.roleId, token, true))).detail).toMatch(
      /not made by the secret-id path/,
    );
    // Still closed: it can be opened by who it is for.
    await must(vault, { method: 'POST', path: 'sys/wrapping/unwrap', token });
  });

  it('a token of the settings is used as it is, and refused when it is revoked', async () => {
    const made = await must(vault, post('auth/token/create', { policies: ['broker'], ttl: '60s' }));
    const token = new Secret(made.auth.client_token);
    const { session } = open({ method: 'token', token });
    expect((await session.call(shop)).status).toBe(200);
    await must(vault, post('auth/token/revoke-accessor', { accessor: made.auth.accessor }));
    await expect(session.call(shop)).rejects.toMatchObject({
      code: 'provider_misconfigured',
      detail: expect.stringMatching(/token was revoked or has expired/),
    });
  });

  it('a login that is not mounted is named', async () => {
    const auth = { ...appRole(role.roleId, 'x'), mount: 'elsewhere' } as VaultAuth;
    expect((await failure(auth)).detail).toMatch(/approle login|approle/);
  });

  it('a Kubernetes service account logs in, with the token file read at each login', async () => {
    const review = await startTokenReview();
    const folder = await mkdtemp(join(tmpdir(), 'countersign-test-'));
    const tokenPath = join(folder, 'token');
    try {
      await must(vault, post('sys/auth/kubernetes', { type: 'kubernetes' }));
      await must(
        vault,
        post('auth/kubernetes/config', {
          kubernetes_host: review.url,
          token_reviewer_jwt: serviceAccountJwt(),
          kubernetes_ca_cert: CERTIFICATE,
          disable_local_ca_jwt: true,
        }),
      );
      await must(
        vault,
        post('auth/kubernetes/role/broker', {
          bound_service_account_names: ['countersign'],
          bound_service_account_namespaces: ['default'],
          token_policies: ['broker'],
          token_ttl: '60s',
          // Asked for by newer servers, and good practice anyway.
          audience: 'vault',
        }),
      );
      await writeFile(tokenPath, 'a-stranger');
      const auth = {
        method: 'kubernetes',
        mount: 'kubernetes',
        role: 'broker',
        tokenPath,
      } as const;
      expect((await failure(auth)).detail).toMatch(/kubernetes login/);
      await writeFile(tokenPath, `${serviceAccountJwt()}\n`);
      expect((await open(auth).session.call(shop)).status).toBe(200);
      await rm(tokenPath);
      expect((await failure(auth)).detail).toContain(tokenPath);
    } finally {
      review.stop();
      await rm(folder, { recursive: true });
    }
  });

  it('a wrapped secret id of a namespace opens there', async () => {
    const namespace = 'team-w';
    const there = { namespace };
    await must(vault, post(`sys/namespaces/${namespace}`));
    await must(vault, post('sys/policies/acl/team', policyOf({ 'old/*': ['read'] }), there));
    await must(vault, post('sys/mounts/old', { type: 'kv', options: { version: '1' } }, there));
    await must(vault, post('old/own', { a: 'of the team' }, there));
    await must(vault, post('sys/auth/approle', { type: 'approle' }, there));
    await must(vault, post('auth/approle/role/broker', { token_policies: ['team'] }, there));
    const { data } = await must(vault, { path: 'auth/approle/role/broker/role-id', ...there });
    const path = 'auth/approle/role/broker/secret-id';
    const made = await must(vault, { method: 'POST', path, wrap: 60, ...there });
    const auth = appRole(data.role_id, made.wrap_info.token, true);
    const { session } = sessionAt(vault, auth, there);
    expect((await session.call({ method: 'GET', path: 'old/own' })).data).toEqual({
      a: 'of the team',
    });
  });

  it('a namespace is one of its own', async () => {
    const namespace = 'team-a';
    await must(vault, post(`sys/namespaces/${namespace}`));
    await must(
      vault,
      post('sys/policies/acl/team', policyOf({ 'old/*': ['read'] }), { namespace }),
    );
    const made = await must(
      vault,
      post('auth/token/create', { policies: ['team'] }, { namespace }),
    );
    const auth = { method: 'token', token: new Secret(made.auth.client_token) } as const;
    await must(
      vault,
      post('sys/mounts/old', { type: 'kv', options: { version: '1' } }, { namespace }),
    );
    await must(vault, post('old/own', { a: 'of the team' }, { namespace }));
    const inside = sessionAt(vault, auth, { namespace });
    expect((await inside.session.call({ method: 'GET', path: 'old/own' })).data).toEqual({
      a: 'of the team',
    });
    await expect(open(auth).session.call({ method: 'GET', path: 'old/own' })).rejects.toMatchObject(
      {
        code: 'provider_misconfigured',
      },
    );
  });
});

describe.each(VAULT_WORLDS)('a sealed $name', ({ start }) => {
  it('is unavailable, in its own words', async () => {
    const vault = await start();
    try {
      await must(vault, { method: 'POST', path: 'sys/seal' });
      const { session } = sessionAt(vault, { method: 'token', token: new Secret('x') });
      await expect(session.call({ method: 'GET', path: 'kv/data/shop' })).rejects.toMatchObject({
        code: 'provider_unavailable',
        detail: expect.stringMatching(/^Vault is sealed/),
      });
      expect((await session.health()).sealed).toBe(true);
    } finally {
      await vault.stop();
    }
  });
});
