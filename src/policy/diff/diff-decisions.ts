import type { Effect } from '../../domain/effect.ts';
import { compare } from '../problems.ts';
import { ancestors } from '../slice.ts';
import type { Access, Comparison } from './access.ts';
import type { Answers } from './answers.ts';
import type { Audience } from './audiences.ts';
import { comparePair, type Halves, halfKey, halvesOf, type PairChange } from './compare-pair.ts';
import type { ContextClass } from './context-classes.ts';
import { principalsOf, type Side } from './side.ts';

/** The same change for some audiences, scopes and situations. */
export interface DecisionChange extends Comparison {
  /** Positions in the list of audiences. */
  readonly audiences: readonly number[];
  readonly scopes: readonly string[];
  /** Effects that are asked for: the scope's own, and those of operations under it. */
  readonly actions: readonly Effect[];
  /** Situations in words, or `always`. */
  readonly when: string;
  readonly situations: readonly ContextClass[];
  /** The scopes lie in a protected environment, or did. */
  readonly protected: boolean;
  readonly before: Access;
  readonly after: Access;
}

type Sides = readonly [Side, Side];

/** A change with everything that sets it apart from others, as text. */
interface Named {
  readonly change: PairChange;
  readonly name: string;
}
/** Rows while they are gathered, by what changes: for each audience, its scopes. */
type Gathered = Map<string, { change: PairChange; guarded: boolean; by: Map<number, string[]> }>;

const ORDER = ['gained', 'terms', 'lost', 'rules'];

/**
 * Decides what may have changed under both sides, and returns what did. Pairs that both sides show the
 * same rules and definitions for are not looked at: they are found by the rules that changed.
 */
export function diffDecisions(
  sides: Sides,
  audiences: readonly Audience[],
  answers: Answers,
): DecisionChange[] {
  if (audiences.length === 0) return [];
  const halves = audiences.map((audience) => halvesOf(sides, audience));
  const concerned = concernedBy(sides, halves);
  const compared = new Map<string, Named[]>();
  const rows: Gathered = new Map();
  for (const { scopes, first, guarded } of scopesAlike(sides)) {
    for (const audience of concerned(first)) {
      const pair = halves[audience] as Halves;
      const [was, is] = pair.map((half) => halfKey(half, first));
      if (was === is) continue;
      const key = `${was}/${is}`;
      const changes = compared.get(key) ?? comparePair(pair, first, answers).map(named);
      compared.set(key, changes);
      for (const change of changes) gather(rows, change, { audience, scopes, guarded });
    }
  }
  return fold(rows);
}

/** Scopes by what rules and definitions make of them, on both sides: one of each is enough to look at. */
function scopesAlike(sides: Sides): { scopes: string[]; first: string; guarded: boolean }[] {
  const all = new Set(sides.flatMap((side) => [...side.policy.bundle.scopes.keys()]));
  const found = new Map<string, { scopes: string[]; first: string; guarded: boolean }>();
  for (const scope of [...all].sort(compare)) {
    const guarded = isGuarded(sides, scope);
    const look = [guarded, ...sides.map((side) => side.look(scope)), isMoved(sides, scope)].join(
      '/',
    );
    const alike = found.get(look);
    if (alike) alike.scopes.push(scope);
    else found.set(look, { scopes: [scope], first: scope, guarded });
  }
  return [...found.values()];
}

function named(change: PairChange): Named {
  const { situations, ...rest } = change;
  return { change, name: JSON.stringify([rest, situations.map(({ key }) => key)]) };
}

function gather(
  rows: Gathered,
  { change, name }: Named,
  at: { readonly audience: number; readonly scopes: readonly string[]; readonly guarded: boolean },
): void {
  const { audience, scopes, guarded } = at;
  const key = `${guarded}|${name}`;
  const row = rows.get(key) ?? { change, guarded, by: new Map<number, string[]>() };
  rows.set(key, row);
  const listed = row.by.get(audience);
  if (listed) listed.push(...scopes);
  else row.by.set(audience, [...scopes]);
}

/** Does the scope lie in a protected environment on either side? */
function isGuarded(sides: Sides, scope: string): boolean {
  return sides.some(({ policy: { bundle } }) => {
    const name = bundle.scopes.get(scope)?.resource;
    return name !== undefined && bundle.resources.get(name)?.environment.protected === true;
  });
}

/** For a scope, the audiences for which anything that decides may have changed; each once, in order. */
function concernedBy(sides: Sides, halves: readonly Halves[]): (scope: string) => number[] {
  const by = new Map<string, number[]>();
  const changed: number[] = [];
  halves.forEach(([before, after], at) => {
    const keys = [before, after].map(({ asker }) => asker && principalsOf(asker));
    if (JSON.stringify(keys[0]) !== JSON.stringify(keys[1])) changed.push(at);
    for (const key of new Set(keys.flatMap((it) => it ?? []))) {
      const list = by.get(key);
      if (list) list.push(at);
      else by.set(key, [at]);
    }
  });
  const everybody = halves.map((_, at) => at);
  return (scope) => {
    const principals = changedPrincipals(sides, scope);
    if (principals === 'all' || principals.has('*')) return everybody;
    const found = new Set([...changed, ...[...principals].flatMap((it) => by.get(it) ?? [])]);
    return [...found].sort((a, b) => a - b);
  };
}

/** Those that bring other rules to the scope than before; all, where the scope itself changed. */
function changedPrincipals(sides: Sides, scope: string): Set<string> | 'all' {
  if (isMoved(sides, scope)) return 'all';
  const found = new Set<string>();
  const [before, after] = sides;
  for (const action of before.actions(before.scope(scope))) {
    const [old, young] = [before.shares(scope, action), after.shares(scope, action)];
    for (const principal of new Set([...old.keys(), ...young.keys()])) {
      if (old.get(principal)?.number !== young.get(principal)?.number) found.add(principal);
    }
  }
  return found;
}

/** Is the scope new, gone, of another effect or length, or somewhere else? */
function isMoved(sides: Sides, scope: string): boolean {
  const [was, is] = sides.map((side) => definition(side, scope));
  return was !== is;
}

/** What of a scope a decision depends on. */
function definition(side: Side, id: string): string {
  const scope = side.scope(id);
  const above = ancestors(side.policy.bundle, { type: 'Scope', id });
  return JSON.stringify([scope?.effect, scope?.maxTtlSeconds, above]);
}

/** Audiences that get the same change for the same scopes share a row. */
function fold(rows: Gathered): DecisionChange[] {
  return [...rows.values()]
    .flatMap(({ change, guarded, by }) => {
      const folded = new Map<string, { scopes: string[]; audiences: number[] }>();
      for (const [audience, unsorted] of by) {
        const scopes = unsorted.sort(compare);
        const row = folded.get(scopes.join()) ?? { scopes, audiences: [] };
        folded.set(scopes.join(), row);
        row.audiences.push(audience);
      }
      return [...folded.values()].map(({ scopes, audiences }) => {
        return {
          ...change,
          audiences: audiences.sort((a, b) => a - b),
          scopes,
          protected: guarded,
        };
      });
    })
    .sort(byImportance);
}

function byImportance(a: DecisionChange, b: DecisionChange): number {
  return (
    ORDER.indexOf(a.change) - ORDER.indexOf(b.change) ||
    Number(b.protected) - Number(a.protected) ||
    (a.audiences[0] ?? 0) - (b.audiences[0] ?? 0) ||
    compare(a.scopes.join(), b.scopes.join()) ||
    compare(JSON.stringify([a.actions, a.when]), JSON.stringify([b.actions, b.when]))
  );
}
