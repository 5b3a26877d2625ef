import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Effect } from '../domain/effect.ts';
import type { Bundle } from './bundle.ts';
import type { DecisionContext } from './context.ts';
import type { Access, Comparison } from './diff/access.ts';
import { Answers } from './diff/answers.ts';
import {
  type Audience,
  audiencesOf,
  type DiffAudience,
  type KnownAgent,
} from './diff/audiences.ts';
import type { ContextClass } from './diff/context-classes.ts';
import { type DecisionChange, diffDecisions } from './diff/diff-decisions.ts';
import { Numbers, Side } from './diff/side.ts';
import { diffNames, type NamedChanges } from './diff/named-changes.ts';
import { compilePolicy } from './policy.ts';
import { compare } from './problems.ts';
import { CHECKING_POOL } from './slice-pool.ts';
import { type Widening, widens } from './widens.ts';

export type { KnownAgent } from './diff/audiences.ts';

/** One row: these audiences gain, lose or get other terms for these scopes, when that holds. */
export interface DiffRow extends Comparison {
  /** Positions in `audiences`. */
  readonly audiences: readonly number[];
  readonly scopes: readonly string[];
  /** Effects that are asked for: the scope's own, and those of operations under it. */
  readonly actions: readonly Effect[];
  /** `always`, or the situations in words. */
  readonly when: string;
  /** Positions in `assumed.situations`. */
  readonly situations: readonly number[];
  /** The scopes lie in a protected environment, or did. */
  readonly protected: boolean;
  readonly before: Access;
  readonly after: Access;
}

/** What the comparison took for granted. */
export interface Assumed {
  /** Situations that rows speak of; each stands for all that the rules cannot tell from it. */
  readonly situations: readonly { readonly text: string; readonly context: DecisionContext }[];
  /** No other situation would show another change. */
  readonly complete: boolean;
  /** What was not compared, and why, as sentences. */
  readonly notes: readonly string[];
}

export interface BundleDiff {
  readonly files: NamedChanges;
  readonly environments: NamedChanges;
  readonly teams: NamedChanges;
  readonly agents: NamedChanges;
  readonly groups: NamedChanges;
  readonly resources: NamedChanges;
  readonly scopes: NamedChanges;
  /** By `@id`; changed: the text of the statement differs. */
  readonly rules: NamedChanges;
  /** Rules whose annotations differ: removing or loosening a term can widen what others grant. */
  readonly terms: readonly string[];
  readonly audiences: readonly DiffAudience[];
  /** Who gains, loses or gets other terms. */
  readonly decisions: readonly DiffRow[];
  readonly assumed: Assumed;
  /** What gives more in a protected environment than there was. */
  readonly widens: readonly Widening[];
  /**
   * Hex SHA-256 over the RFC 8785 form of all of the above, audiences by what rules see of them: an
   * agent that joins a team meanwhile changes nothing.
   */
  readonly digest: string;
}

/**
 * Compares two loaded bundles. Pure; `before` may be an empty bundle.
 * @param known agents of the store; without it those that the bundles declare
 */
export function diffBundles(
  before: Bundle,
  after: Bundle,
  known: readonly KnownAgent[] = [],
): BundleDiff {
  const numbers = new Numbers();
  const sides = [before, after].map(
    (bundle) => new Side(compilePolicy(bundle, { pool: CHECKING_POOL }), numbers),
  ) as [Side, Side];
  const answers = new Answers();
  const people = audiencesOf(before, after, known);
  const changes = diffDecisions(sides, people, answers);
  const beyond = beyondAnyone(sides, people, answers);
  const everybody = people.map(presentAudience);
  const decisions = settled(changes, people);
  const shown = {
    ...diffNames(before, after),
    ...numbered(changes, everybody, answers.gaps),
    widens: widens({ before, after, audiences: everybody, decisions, beyond }),
  };
  return { ...shown, digest: digestOf(shown, changes, people) };
}

/** Rows about agents that are registered already, or about no agent in particular. */
function settled(changes: readonly DecisionChange[], people: readonly Audience[]) {
  return changes.flatMap((change) => {
    const audiences = change.audiences.filter((at) => people[at]?.before !== undefined);
    return audiences.length > 0 ? [{ ...change, audiences }] : [];
  });
}

/** What newly registered agents get beyond what any agent had: that is what registering them gives. */
function beyondAnyone(
  sides: readonly [Side, Side],
  people: readonly Audience[],
  answers: Answers,
): DecisionChange[] {
  const anyone = { id: 'anyone', teams: [] };
  const at = people.flatMap(({ before }, index) => (before ? [] : [index]));
  const arriving = at.map((index) => ({ ...(people[index] as Audience), before: anyone }));
  return diffDecisions(sides, arriving, answers).map((change) => {
    return { ...change, audiences: change.audiences.map((index) => at[index] ?? 0) };
  });
}

/** Situations and audiences of the rows, each written down once. */
function numbered(
  changes: readonly DecisionChange[],
  everybody: readonly DiffAudience[],
  notes: readonly string[],
): Pick<BundleDiff, 'audiences' | 'decisions' | 'assumed'> {
  const situations = new Map<string, ContextClass>();
  const concerned = new Set(changes.flatMap(({ audiences }) => audiences));
  for (const situation of changes.flatMap((change) => change.situations)) {
    situations.set(situation.key, situation);
  }
  const positions = new Map([...situations.keys()].map((key, at) => [key, at]));
  const places = new Map([...concerned].sort((a, b) => a - b).map((person, at) => [person, at]));
  return {
    audiences: [...places.keys()].flatMap((at) => everybody[at] ?? []),
    decisions: changes.map((change): DiffRow => {
      return {
        ...change,
        audiences: change.audiences.map((at) => places.get(at) ?? 0),
        situations: change.situations.map(({ key }) => positions.get(key) ?? 0),
      };
    }),
    assumed: {
      situations: [...situations.values()].map(({ words, context }) => {
        return { text: Object.values(words).join(', ') || 'any', context };
      }),
      complete: notes.length === 0,
      notes,
    },
  };
}

function presentAudience({ subject, agents, before, after }: Audience): DiffAudience {
  const state = before ? (after ? undefined : 'gone') : 'new';
  return { subject, agents, ...(state ? { state } : {}) };
}

function digestOf(
  shown: Omit<BundleDiff, 'digest'>,
  changes: readonly DecisionChange[],
  people: readonly Audience[],
): string {
  const { audiences: _, ...rest } = shown;
  const decisions = changes.map(({ audiences, situations, ...row }) => {
    const contexts = situations.map(({ key }) => key);
    return {
      ...row,
      contexts,
      audiences: audiences.map((at) => people[at]?.key ?? '').sort(compare),
    };
  });
  const text = canonicalize(JSON.parse(JSON.stringify({ ...rest, decisions }))) ?? '';
  return createHash('sha256').update(text).digest('hex');
}
