import type { Constraints } from './constraints.ts';

/** One thing that the login must be able to do, or must not. */
export interface Wish {
  readonly path: string;
  /** Any one of these will do; `sudo` besides, where Vault asks for it. */
  readonly capabilities: readonly string[];
  readonly sudo?: boolean;
  /** What goes wrong without it. */
  readonly why: string;
}

const update = ['update'];

/** What issuing, renewing, revoking and finding again take. */
export function needed(all: readonly Constraints[]): Wish[] {
  const roles = new Set(all.map((one) => one.token_role));
  const paths = new Set(all.map((one) => one.path));
  return [
    ...[...roles].map((role) => ({
      path: `auth/token/create/${role}`,
      capabilities: ['create', 'update'],
      why: 'nothing can be issued',
    })),
    { path: 'auth/token/renew-accessor', capabilities: update, why: 'nothing can be issued' },
    { path: 'auth/token/revoke-accessor', capabilities: update, why: 'nothing can be revoked' },
    { path: 'auth/token/lookup-accessor', capabilities: update, why: 'orphans cannot be found' },
    {
      path: 'auth/token/accessors/',
      capabilities: ['list'],
      sudo: true,
      why: 'orphans cannot be found',
    },
    { path: 'sys/leases/renew', capabilities: update, why: 'leases cannot be renewed' },
    { path: 'sys/leases/revoke', capabilities: update, why: 'nothing can be revoked' },
    { path: 'sys/leases/lookup', capabilities: update, why: 'no revocation can be proved' },
    ...[...paths].map((path) => ({
      path: `sys/leases/lookup/${path}/`,
      capabilities: ['list'],
      sudo: true,
      why: 'no revocation after a crash can be proved',
    })),
  ];
}

/** What nobody may do who only hands out leases: with any of it, a stolen login opens far more. */
export function tooMuch(all: readonly Constraints[]): Wish[] {
  const engines = new Set(all.map(({ path }) => path.slice(0, path.lastIndexOf('/creds/'))));
  const paths = new Set(all.map(({ path }) => path));
  const change = ['create', 'update', 'patch', 'delete', 'sudo'];
  const changing = (path: string, why: string): Wish => ({ path, capabilities: change, why });
  return [
    ...['x', ...paths].flatMap((path) => [
      changing(`sys/leases/revoke-prefix/${path}`, 'ends the leases of everybody below a path'),
      changing(`sys/leases/revoke-force/${path}`, 'forgets leases without ending them'),
    ]),
    changing('sys/policies/acl/x', 'writes policies'),
    changing('sys/mounts/x', 'mounts engines'),
    changing('sys/auth/x', 'mounts logins'),
    changing('sys/raw/x', "reads and writes Vault's storage"),
    changing('sys/seal', 'seals Vault'),
    changing('auth/token/create', 'makes tokens without a role'),
    changing('auth/token/create-orphan', 'makes tokens without a role'),
    changing('auth/token/roles/x', 'changes what lease tokens may do'),
    changing('identity/entity', 'changes who is who'),
    ...[...engines].flatMap((engine) => [
      changing(`${engine}/config/x`, 'changes where credentials are made'),
      changing(`${engine}/roles/x`, 'changes what credentials may do'),
    ]),
  ];
}
