import type { OperatorRole } from '../../domain/principal.ts';
import { Secret } from '../../domain/secret.ts';
import type { Settings } from './schema.ts';
import { type SettingName, VARIABLES } from './variables.ts';

/** An OpenID provider at which operators may sign in. */
export interface SsoSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly name: string;
  readonly scope: string;
  readonly groupsClaim: string;
  /** What each group of the provider may do. */
  readonly roles: ReadonlyMap<string, OperatorRole>;
}

const NEEDED = ['sso_issuer', 'sso_client_id', 'sso_client_secret'] as const;

/** What is missing for single sign-on; nothing where it is not set up at all. */
export function ssoProblems(read: Settings): string[] {
  const given = (name: SettingName) =>
    Array.isArray(read[name]) ? read[name].length > 0 : read[name] !== undefined;
  const set = [...NEEDED, 'sso_roles' as const].filter(given);
  if (set.length === 0) return [];
  const problems = NEEDED.filter((name) => !given(name)).map(
    (name) => `${VARIABLES[set[0] ?? name].env} is set, and ${VARIABLES[name].env} is not`,
  );
  if (!given('sso_roles')) {
    problems.push(`${VARIABLES.sso_roles.env} is not set: without it nobody may come in`);
  }
  return problems;
}

export function ssoSettings(read: Settings): { sso?: SsoSettings } {
  const { sso_issuer: issuer, sso_client_id: clientId, sso_client_secret: secret } = read;
  if (issuer === undefined || clientId === undefined || secret === undefined) return {};
  return {
    sso: {
      issuer,
      clientId,
      clientSecret: new Secret(secret),
      name: read.sso_name,
      scope: read.sso_scope,
      groupsClaim: read.sso_groups_claim,
      roles: new Map(read.sso_roles.map(roleOf)),
    },
  };
}

/** `group=role`; a group may hold `=` itself. */
function roleOf(text: string): [string, OperatorRole] {
  const at = text.lastIndexOf('=');
  return [text.slice(0, at).trim(), text.slice(at + 1).trim() as OperatorRole];
}
