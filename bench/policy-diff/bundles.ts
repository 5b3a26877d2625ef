import type { BundleFiles } from '../../src/policy/load.ts';

const AGENTS = 1_000;
const TEAMS = 40;
const RESOURCES = 100;
/** Scopes of each resource: 500 in all. */
const SCOPES = { read: 'read', report: 'read', change: 'write', correct: 'write', wipe: 'destroy' };
/** Rules that the second bundle states otherwise. */
const CHANGED = 10;

/**
 * Two bundles that differ in ten rules: 1,000 agents in one to three of 40 teams, 500 scopes, and two
 * rules for each team and some for everybody, a third of them with a condition.
 */
export function bundlesToCompare(): { before: BundleFiles; after: BundleFiles } {
  return {
    before: bundle((rule) => rule),
    after: bundle((rule, at) => (isChanged(at) ? loosened(rule) : rule)),
  };
}

/** Changes spread over the rules, the last of them for everybody. */
function isChanged(at: number): boolean {
  return at % Math.floor(ruleTexts().length / CHANGED) === 0 && at > 0;
}

function loosened(rule: string): string {
  return rule.replace('@ttl("10m")', '@ttl("20m")');
}

function bundle(edit: (rule: string, at: number) => string): BundleFiles {
  const teams = Array.from({ length: TEAMS }, (_, at) => `team-${at}`);
  const agents = Array.from({ length: AGENTS }, (_, at) => {
    const of = [at, at * 7, at * 13].slice(0, 1 + (at % 3)).map((team) => `team-${team % TEAMS}`);
    const listed = [...new Set(of)].join(', ');
    return `  - { name: agent-${at}, owner: dana@example.com, teams: [${listed}], jwks: { keys: [] } }`;
  });
  const files: Record<string, string> = {
    'agents.yaml': `teams: [${teams.join(', ')}]\nagents:\n${agents.join('\n')}\n`,
    'environments.yaml':
      'environments: { production: { protected: true }, staging: { protected: false } }\n',
    'groups.yaml': 'groups: { dba: { members: [dana@example.com] } }\n',
    'rules/all.cedar': ruleTexts().map(edit).join('\n'),
  };
  for (let at = 0; at < RESOURCES; at += 1) files[`resources/db-${at}.yaml`] = resource(at);
  return files;
}

function ruleTexts(): string[] {
  const rules: string[] = [];
  const add = (head: string, condition = '') =>
    rules.push(
      `@id("rule-${rules.length}") @ttl("10m") @approvals("1") @approvers("dba")\npermit (${head}) ${condition};`,
    );
  for (let team = 0; team < TEAMS; team += 1) {
    const who = `principal in Team::"team-${team}"`;
    const ticket =
      'when { context.task has verified_ticket && context.task.verified_ticket like "OPS-*" }';
    add(
      `${who}, action == Action::"read", resource in Environment::"production"`,
      team % 3 === 0 ? ticket : '',
    );
    add(`${who}, action == Action::"write", resource in Resource::"db-${team}"`);
  }
  const hours = 'when { context.time.hour >= 7 && context.time.hour < 20 }';
  add('principal, action == Action::"read", resource in Environment::"staging"');
  add('principal, action == Action::"write", resource in Environment::"staging"', hours);
  add('principal, action == Action::"destroy", resource in Environment::"staging"', hours);
  return rules;
}

function resource(at: number): string {
  const scopes = Object.entries(SCOPES).map(
    ([name, effect]) => `  ${name}: { effect: ${effect}, max_ttl: 30m, postgres: {} }`,
  );
  return `resource: db-${at}
kind: postgres
environment: ${at % 2 === 0 ? 'production' : 'staging'}
owner: dana@example.com
connection: { url: { secret: db-${at}/admin-url } }
scopes:
${scopes.join('\n')}
`;
}
