import type { Effect } from '../../domain/effect.ts';
import { type Access, type Comparison, compareAccess } from './access.ts';
import type { Answers } from './answers.ts';
import type { Asker, Audience } from './audiences.ts';
import type { ContextClass } from './context-classes.ts';
import type { Side } from './side.ts';
import { inWords } from './situations.ts';

/** One change for one audience and scope, in the situations that share it. */
export interface PairChange extends Comparison {
  /** Effects that are asked for: the scope's own, and those of operations under it. */
  readonly actions: readonly Effect[];
  readonly situations: readonly ContextClass[];
  /** The situations in words, or `always`. */
  readonly when: string;
  readonly before: Access;
  readonly after: Access;
}

/** One side with who asks it. */
interface Half {
  readonly side: Side;
  readonly asker: Asker | undefined;
}
export type Halves = readonly [Half, Half];

export function halvesOf(sides: readonly [Side, Side], audience: Audience): Halves {
  return [
    { side: sides[0], asker: audience.before },
    { side: sides[1], asker: audience.after },
  ];
}

/** What one half is told by; where both halves are told the same, nothing changed. */
export function halfKey({ side, asker }: Half, scope: string): string {
  const defined = side.scope(scope);
  const keys = side.actions(defined).map((action) => asker && side.sight(asker, scope, action).key);
  return JSON.stringify([asker !== undefined, defined?.effect, defined?.maxTtlSeconds, ...keys]);
}

/**
 * Compares what an audience gets of one scope: for the scope's own effect, and for operations of a lower
 * one, which count only where a token for the scope could be had at all.
 */
export function comparePair(halves: Halves, scope: string, answers: Answers): PairChange[] {
  const actions = new Set(halves.flatMap(({ side }) => side.actions(side.scope(scope))));
  const reachable = halves.map((half) => isReachable(half, scope, answers));
  const changes = [...actions].flatMap((action) => {
    const sights = halves.map(({ side, asker }) => asker && side.sight(asker, scope, action));
    const situations = answers.situations(sights);
    const answer = (at: 0 | 1, situation: ContextClass): Access => {
      const { side, asker } = halves[at];
      const access = answers.ask(side, { asker, scope, action }, sights[at], situation);
      if (access.outcome === 'deny' || reachable[at]) return access;
      return { outcome: 'deny', rules: [], reason: 'no_rule' };
    };
    return alike(situations, (situation) => [answer(0, situation), answer(1, situation)]).map(
      (change): PairChange => ({ ...change, actions: [action] }),
    );
  });
  return mergeActions(changes);
}

/** Can a token for the scope be had in any situation? */
function isReachable({ side, asker }: Half, scope: string, answers: Answers): boolean {
  const action = side.scope(scope)?.effect;
  if (!asker || !action) return false;
  const sight = side.sight(asker, scope, action);
  return answers
    .situations([sight])
    .some((it) => answers.ask(side, { asker, scope, action }, sight, it).outcome !== 'deny');
}

/** Compares in every situation and puts those together that come out the same. */
function alike(
  situations: readonly ContextClass[],
  answer: (situation: ContextClass) => readonly [Access, Access],
): Omit<PairChange, 'actions'>[] {
  const found = new Map<string, { answer: readonly [Access, Access]; in: ContextClass[] }>();
  for (const situation of situations) {
    const both = answer(situation);
    const key = JSON.stringify(both);
    const group = found.get(key) ?? { answer: both, in: [] };
    found.set(key, group);
    group.in.push(situation);
  }
  return [...found.values()].flatMap(({ answer: [before, after], in: chosen }) => {
    const comparison = compareAccess(before, after);
    const when = comparison && inWords(chosen, situations);
    return comparison && when !== undefined
      ? [{ ...comparison, situations: chosen, when, before, after }]
      : [];
  });
}

/** One change for all actions that it is the same for. */
function mergeActions(changes: readonly PairChange[]): PairChange[] {
  const merged = new Map<string, PairChange>();
  for (const change of changes) {
    const { actions, situations, ...rest } = change;
    const key = JSON.stringify([rest, situations.map((it) => it.key)]);
    const known = merged.get(key);
    merged.set(key, known ? { ...known, actions: [...known.actions, ...actions] } : change);
  }
  return [...merged.values()];
}
