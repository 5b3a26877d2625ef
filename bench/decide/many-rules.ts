import { decisionContext } from '../../src/policy/context.ts';
import type { BundleFiles } from '../../src/policy/load.ts';
import type { DecisionRequest } from '../../src/policy/policy.ts';

/** Teams × resources: one permit for each pair, and some rules that every question has to look at. */
export interface Shape {
  readonly teams: number;
  readonly resources: number;
  readonly unconstrained: number;
}

export const SHAPES: Readonly<Record<'10' | '1000' | '10000', Shape>> = {
  '10': { teams: 2, resources: 5, unconstrained: 2 },
  '1000': { teams: 20, resources: 50, unconstrained: 10 },
  '10000': { teams: 200, resources: 50, unconstrained: 10 },
};

/** The files of a bundle with exactly teams × resources rules, the unconstrained ones among them. */
export function bundleOf(shape: Shape): BundleFiles {
  const teams = Array.from({ length: shape.teams }, (_, index) => `team-${index}`);
  const files: Record<string, string> = {
    'agents.yaml': `teams: [${teams.join(', ')}]\n`,
    'environments.yaml': 'environments: { staging: { protected: false } }\n',
    'rules/everyone.cedar': unconstrainedRules(shape.unconstrained),
  };
  for (const { team, resource } of pairsOf(shape)) {
    const file = `rules/${team}.cedar`;
    files[file] = `${files[file] ?? ''}@id("${team}-reads-${resource}") @ttl("15m")
permit (principal in Team::"${team}", action == Action::"read", resource in Resource::"${resource}");
`;
  }
  for (let index = 0; index < shape.resources; index += 1) {
    files[`resources/db-${index}.yaml`] = resourceFile(`db-${index}`);
  }
  return files;
}

/** Up to `count` questions that a rule allows, spread over teams and resources. */
export function questionsOf(shape: Shape, count: number): DecisionRequest[] {
  const pairs = pairsOf(shape);
  const step = Math.max(1, Math.floor(pairs.length / count));
  const now = Date.now();
  return pairs
    .filter((_, index) => index % step === 0)
    .slice(0, count)
    .map(({ team, resource }) => ({
      agent: { id: `agt_of_${team}`, teams: [team] },
      scope: `${resource}:read`,
      context: decisionContext({ now, task: { id: 'tsk_1', openedBy: 'agent', openedAt: now } }),
    }));
}

function unconstrainedRules(count: number): string {
  const rule = (index: number) =>
    `@id("never-${index}")\nforbid (principal, action, resource) when { context.time.hour > ${24 + index} };\n`;
  return Array.from({ length: count }, (_, index) => rule(index)).join('');
}

function pairsOf({ teams, resources, unconstrained }: Shape) {
  const pairs: { team: string; resource: string }[] = [];
  for (let index = 0; index < teams * resources - unconstrained; index += 1) {
    pairs.push({ team: `team-${index % teams}`, resource: `db-${Math.floor(index / teams)}` });
  }
  return pairs;
}

function resourceFile(name: string): string {
  return `resource: ${name}
kind: postgres
environment: staging
owner: dana@example.com
connection: { url: { secret: ${name}/admin-url } }
scopes:
  read:
    effect: read
    description: Read
    postgres: { grant: [{ privileges: [SELECT], tables: [public.orders] }] }
`;
}
