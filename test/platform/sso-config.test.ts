import { expect, it } from 'vitest';
import { loadConfig } from '../../src/platform/config/config.ts';

const CANARY = 'canary-client-secret';
const SSO = {
  COUNTERSIGN_SSO_ISSUER: 'https://id.example.com/',
  COUNTERSIGN_SSO_CLIENT_ID: 'countersign',
  COUNTERSIGN_SSO_CLIENT_SECRET: CANARY,
  COUNTERSIGN_SSO_ROLES: 'admins=admin',
};
const load = (env: Record<string, string>) =>
  loadConfig('local', { env, masterKeyProblem: () => undefined });
const problemsOf = (env: Record<string, string>) => {
  const loaded = load(env);
  return 'problems' in loaded ? loaded.problems.join('\n') : '';
};

it('is off unless it is set up', () => {
  const loaded = load({});
  expect('config' in loaded && loaded.config.sso).toBe(undefined);
});

it('takes groups to roles, keeps the issuer as it is spelt and the secret secret', () => {
  const loaded = load({ ...SSO, COUNTERSIGN_SSO_ROLES: 'admins=admin,a=b=approver' });
  if ('problems' in loaded) throw new Error(loaded.problems.join('\n'));
  expect(loaded.config.sso).toMatchObject({
    issuer: 'https://id.example.com/',
    name: 'single sign-on',
    groupsClaim: 'groups',
    roles: new Map([
      ['admins', 'admin'],
      ['a=b', 'approver'],
    ]),
  });
  expect(JSON.stringify([loaded.config, loaded.described])).not.toContain(CANARY);
});

it.each([
  [{ COUNTERSIGN_SSO_ISSUER: 'id.example.com' }, 'COUNTERSIGN_SSO_ISSUER: wants the issuer'],
  [{ COUNTERSIGN_SSO_ISSUER: 'https://me:x@id.example.com' }, 'COUNTERSIGN_SSO_ISSUER: wants'],
  [{ COUNTERSIGN_SSO_SCOPE: 'email' }, 'COUNTERSIGN_SSO_SCOPE: wants scopes with openid'],
  [{ COUNTERSIGN_SSO_ROLES: 'admins=root' }, 'COUNTERSIGN_SSO_ROLES: wants group=role'],
  [{ COUNTERSIGN_SSO_ROLES: 'admins' }, 'COUNTERSIGN_SSO_ROLES: wants group=role'],
  [{ COUNTERSIGN_SSO_ROLES: '' }, 'COUNTERSIGN_SSO_ROLES is not set'],
] as const)('%j is refused', (change, problem) => {
  expect(problemsOf({ ...SSO, ...change })).toContain(problem);
});

it.each(['ISSUER', 'CLIENT_ID', 'CLIENT_SECRET'])('a half set-up is refused: no %s', (name) => {
  const { [`COUNTERSIGN_SSO_${name}`]: _gone, ...rest } = SSO as Record<string, string>;
  expect(problemsOf(rest)).toContain(`COUNTERSIGN_SSO_${name} is not`);
});
