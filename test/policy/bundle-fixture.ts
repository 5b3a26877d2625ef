import { type Bundle } from '../../src/policy/bundle.ts';
import { type DecisionContext, decisionContext } from '../../src/policy/context.ts';
import { loadBundle } from '../../src/policy/load.ts';
import { compilePolicy, type Policy } from '../../src/policy/policy.ts';
import { validateBundle } from '../../src/policy/validate.ts';
import { isBrokerError } from '../../src/domain/errors.ts';

/** A small sound bundle: production is protected, staging is not; one database in each. */
export const FILES: Readonly<Record<string, string>> = {
  'environments.yaml': `environments:
  production: { protected: true }
  staging: { protected: false }
`,
  'groups.yaml': `groups:
  dba: { members: [dana@example.com] }
  security: { oidc: security-team }
`,
  'agents.yaml': `teams: [support, platform]
agents:
  - { name: bot, owner: dana@example.com, teams: [support], jwks: { keys: [] } }
`,
  'resources/prod.yaml': resource('prod', 'production'),
  'resources/stage.yaml': resource('stage', 'staging'),
};

export function resource(name: string, environment: string): string {
  return `resource: ${name}
kind: postgres
environment: ${environment}
owner: dana@example.com
connection:
  url: { secret: ${name}/admin-url }
scopes:
  read:
    effect: read
    max_ttl: 30m
    postgres: {}
  change:
    effect: write
    postgres: {}
  wipe:
    effect: destroy
    postgres: {}
`;
}

/** The small bundle with some files added or replaced. */
export function files(more: Record<string, string> = {}): Record<string, string> {
  return { ...FILES, ...more };
}

/** The small bundle with these rules. */
export function withRules(rules: string, more: Record<string, string> = {}): Bundle {
  return loadBundle(files({ 'rules/rules.cedar': rules, ...more }));
}

export function policyOf(rules: string, more: Record<string, string> = {}): Policy {
  const all = files({ 'rules/rules.cedar': rules, ...more });
  const problems = problemsOf(all);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return compilePolicy(loadBundle(all), { version: 7 });
}

/** Loads and validates; the problems as `file:line message`, empty when the bundle is accepted. */
export function problemsOf(
  bundleFiles: Record<string, string>,
  checkScope: Parameters<typeof validateBundle>[1] = () => [],
): string[] {
  try {
    validateBundle(loadBundle(bundleFiles), checkScope);
    return [];
  } catch (error) {
    if (!isBrokerError(error) || error.code !== 'bundle_invalid') throw error;
    return (error.meta.problems ?? []).map((it) => `${it.file}:${it.line} ${it.message}`);
  }
}

/** Monday noon, a task that an agent opened. */
export const PLAIN: DecisionContext = decisionContext({
  now: Date.parse('2026-01-05T12:34:56Z'),
  task: { id: 'tsk_1', openedBy: 'agent', openedAt: Date.parse('2026-01-05T12:00:00Z') },
});

export const WITH_TICKET: DecisionContext = decisionContext({
  now: Date.parse('2026-01-05T12:34:56Z'),
  task: {
    id: 'tsk_1',
    openedBy: 'operator',
    openedAt: Date.parse('2026-01-05T12:00:00Z'),
    verifiedTicket: 'OPS-12',
  },
});

export const SUPPORT = { id: 'agt_support', teams: ['support'] };
export const PLATFORM = { id: 'agt_platform', teams: ['platform'] };
