import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must, post } from '../../support/vault/api.ts';
import {
  LEASES_POLICY,
  type LeaseGround,
  newLease,
  openLeases,
  requestFor,
  resourceOf,
  rootOf,
  scopeOf,
} from '../../support/vault/leases.ts';
import { policyOf, setUpAppRole } from '../../support/vault/set-up.ts';
import { sayWorlds, VAULT_WORLDS } from '../../support/vault/worlds.ts';

sayWorlds();

describe.each(VAULT_WORLDS)('a probe of $name', (world) => {
  let ground: LeaseGround;
  beforeAll(async () => {
    ground = await openLeases(world);
  });
  afterAll(() => ground.stop());

  const probe = (more: object = {}) =>
    ground.provider.probe({ ...requestFor(ground, newLease()), ...more });
  /** With a policy that differs from the one of the docs. */
  async function withPolicy(paths: Readonly<Record<string, readonly string[]>>) {
    const policy = policyOf({ ...LEASES_POLICY, ...paths });
    await must(ground.vault, post('sys/policies/acl/broker', policy));
    const { findings, hardened } = await probe();
    await must(ground.vault, post('sys/policies/acl/broker', policyOf(LEASES_POLICY)));
    return { hardened, blocking: findings.filter(({ severity }) => severity === 'blocking') };
  }

  it('is content with exactly the policy of the docs', async () => {
    const report = await probe();
    expect(report).toMatchObject({ reachable: true, hardened: true });
    expect(report.findings.map(({ id, severity }) => [id, severity])).toEqual([
      ['vault-effect', 'advice'],
    ]);
    expect(report.serverVersion).not.toBe('');
  });

  it('asks to accept by name, in a protected environment, what it cannot see', async () => {
    const resource = resourceOf(scopeOf(), true);
    expect(await probe({ resource })).toMatchObject({
      hardened: false,
      findings: [{ id: 'vault-effect', severity: 'gap' }],
    });
    const connection = { ...resource.connection, accept: ['vault-effect'] };
    expect(await probe({ resource: { ...resource, connection } })).toMatchObject({
      hardened: true,
    });
  });

  it.each(Object.keys(LEASES_POLICY))('misses %s, and says which line to add', async (path) => {
    const { hardened, blocking } = await withPolicy({ [path]: ['deny'] });
    expect(hardened).toBe(false);
    const said = blocking.map(({ message }) => message).join('\n');
    expect(said).toContain(`path "${path.replace('/*', '/readonly/')}`);
  });

  it.each([
    'sys/leases/revoke-prefix/database/creds/*',
    'sys/leases/revoke-prefix/*',
    'sys/leases/revoke-force/*',
    'sys/policies/acl/*',
    'sys/mounts/*',
    'sys/auth/*',
    'auth/token/create',
    'auth/token/create-orphan',
    'auth/token/roles/*',
    'database/roles/*',
    'database/config/*',
  ])('refuses a login that may change %s', async (path) => {
    const { hardened, blocking } = await withPolicy({ [path]: ['update', 'sudo'] });
    expect(hardened).toBe(false);
    expect(new Set(blocking.map(({ id }) => id))).toEqual(new Set(['vault-excess']));
  });

  it('refuses the root policy', async () => {
    const root = rootOf(ground.vault, { method: 'token', token: ground.vault.rootToken });
    expect(
      await probe({ root: { ...root, generation: 2 }, resource: renamed('by-root') }),
    ).toMatchObject({
      hardened: false,
      findings: [{ id: 'vault-root', severity: 'blocking' }],
    });
  });

  it('tells a login that is refused from a Vault that is not there', async () => {
    const role = await setUpAppRole(ground.vault, LEASES_POLICY);
    const root = rootOf(ground.vault, { method: 'approle', role_id: role.roleId, secret_id: 'no' });
    expect(await probe({ root, resource: renamed('refused') })).toMatchObject({
      reachable: false,
      findings: [{ id: 'vault-login', message: expect.stringMatching(/secret id was revoked/) }],
    });
  });

  const renamed = (name: string) => ({ ...resourceOf(scopeOf()), name });
});
