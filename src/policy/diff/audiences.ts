import type { Bundle } from '../bundle.ts';
import { compare } from '../problems.ts';
import { RuleIndex } from '../rule-index.ts';

/** An agent as the store knows it. */
export interface KnownAgent {
  readonly id: string;
  readonly name: string;
  readonly teams: readonly string[];
  readonly managedBy: 'api' | 'bundle';
  readonly retired: boolean;
}

/** Whom a row is about: an agent, a team by itself, or an agent that no rule knows. */
export type Subject =
  | { readonly agent: string }
  | { readonly team: string }
  | { readonly anyone: true };

/** Who a row speaks of: agents that no rule can tell apart. */
export interface DiffAudience {
  readonly subject: Subject;
  /** Names of the agents it is; none where there is only the team, or nobody yet. */
  readonly agents: readonly string[];
  /** Agents that the bundle registers, or retires. */
  readonly state?: 'new' | 'gone' | undefined;
}

/** As whom to ask one of the bundles. */
export interface Asker {
  readonly id: string;
  readonly teams: readonly string[];
}

/** Agents that the rules cannot tell apart, before or after: they gain and lose the same. */
export interface Audience {
  readonly subject: Subject;
  /** Names, sorted; empty where there is only the team, or nobody yet. */
  readonly agents: readonly string[];
  /** Absent on the side where the agent is not registered. */
  readonly before: Asker | undefined;
  readonly after: Asker | undefined;
  /** What rules can see of them, before and after: sets this audience apart from the others. */
  readonly key: string;
}

interface Member {
  readonly subject: Subject;
  readonly before: Asker | undefined;
  readonly after: Asker | undefined;
}

/**
 * Everybody there is, grouped by what rules can see of them.
 * @param known agents of the store; without it those that the bundles declare
 */
export function audiencesOf(
  before: Bundle,
  after: Bundle,
  known: readonly KnownAgent[],
): Audience[] {
  const indexes = [new RuleIndex(before), new RuleIndex(after)] as const;
  const groups = new Map<string, { first: Member; agents: string[] }>();
  for (const member of [...imagined(before, after, known), ...real(before, after, known)]) {
    const sides = [member.before, member.after].map(
      (asker, at) => asker && indexes[at]?.visible(asker.id, asker.teams).key,
    );
    const key = JSON.stringify(sides.map((it) => it ?? null));
    const group = groups.get(key) ?? { first: member, agents: [] };
    groups.set(key, group);
    if ('agent' in member.subject) group.agents.push(member.subject.agent);
  }
  return [...groups].map(([key, { first, agents }]) => {
    return { ...first, agents: agents.sort(compare), key };
  });
}

/** An agent of no team, and for each team one that is in it alone. */
function imagined(before: Bundle, after: Bundle, known: readonly KnownAgent[]): Member[] {
  const named = [before, after].flatMap((bundle) => [
    ...bundle.teams,
    ...bundle.rules.flatMap(({ head, reads }) =>
      [head.principal, ...reads.entities].flatMap((it) => (it?.type === 'Team' ? [it.id] : [])),
    ),
  ]);
  const teams = [...new Set([...named, ...known.flatMap((agent) => agent.teams)])].sort(compare);
  const member = (subject: Subject, of: string[]) => {
    const asker = { id: 'anyone', teams: of };
    return { subject, before: asker, after: asker };
  };
  return [member({ anyone: true }, []), ...teams.map((team) => member({ team }, [team]))];
}

/** Agents of the store and of either bundle, and ids that only a rule names. */
function real(before: Bundle, after: Bundle, known: readonly KnownAgent[]): Member[] {
  const byName = new Map(known.map((agent) => [agent.name, agent]));
  const names = new Set([...byName.keys(), ...before.agents.keys(), ...after.agents.keys()]);
  const members = [...names].sort(compare).map((name): Member => {
    const stored = byName.get(name);
    const id = stored?.id ?? name;
    const [was, is] = [before, after].map((bundle) => bundle.agents.get(name)?.teams);
    // What the API manages no bundle changes.
    const kept = stored?.managedBy === 'api' && !stored.retired ? stored.teams : undefined;
    return {
      subject: { agent: name },
      before: asker(id, kept ?? was),
      after: asker(id, kept ?? is),
    };
  });
  const ids = new Set(known.map(({ id }) => id));
  return [
    ...members,
    ...namedIds(before, after)
      .filter((id) => !ids.has(id))
      .map(unknownAgent),
  ];
}

function asker(id: string, teams: readonly string[] | undefined): Asker | undefined {
  return teams && { id, teams };
}

function unknownAgent(id: string): Member {
  const alone = { id, teams: [] };
  return { subject: { agent: id }, before: alone, after: alone };
}

/** Agents that rules name by id. */
function namedIds(...bundles: readonly Bundle[]): string[] {
  const entities = bundles.flatMap(({ rules }) =>
    rules.flatMap(({ head, reads }) => [head.principal, ...reads.entities]),
  );
  const ids = entities.flatMap((it) => (it?.type === 'Agent' ? [it.id] : []));
  return [...new Set(ids)].sort(compare);
}
