import canonicalize from 'canonicalize';
import type { Bundle, Rule } from './bundle.ts';
import { type DecisionChange, diffDecisions } from './diff-decisions.ts';
import { compare } from './problems.ts';

/** Names that came, went, or stand for something else now. */
export interface NamedChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
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
  /** Who gains, loses or gets other terms: every team and declared agent × every scope. */
  readonly decisions: readonly DecisionChange[];
}

/** Compares two loaded bundles. Pure; `before` may be an empty bundle. */
export function diffBundles(before: Bundle, after: Bundle): BundleDiff {
  const pick = <T>(
    read: (bundle: Bundle) => ReadonlyMap<string, T>,
    shape: (value: T) => unknown,
  ) => compareMaps(read(before), read(after), shape);
  const teams = (bundle: Bundle) => new Map([...bundle.teams].map((name) => [name, name]));
  const rules = (bundle: Bundle) => new Map(bundle.rules.map((rule) => [rule.id, rule]));
  return {
    files: pick(
      (bundle) => new Map(Object.entries(bundle.files)),
      (text) => text,
    ),
    environments: pick(
      (bundle) => bundle.environments,
      (it) => it,
    ),
    teams: pick(teams, (name) => name),
    agents: pick(
      (bundle) => bundle.agents,
      ({ owner, teams: of, keys }) => ({ owner, of, keys }),
    ),
    groups: pick((bundle) => bundle.groups, withoutPlace),
    resources: pick(
      (bundle) => bundle.resources,
      (it) => ({ ...it, scopes: [...it.scopes.keys()] }),
    ),
    scopes: pick(
      (bundle) => bundle.scopes,
      (it) => it,
    ),
    rules: pick(rules, (rule: Rule) => rule.text),
    terms: pick(rules, (rule: Rule) => rule.terms).changed,
    decisions: diffDecisions(before, after),
  };
}

function withoutPlace(value: object): unknown {
  return { ...value, file: undefined, line: undefined };
}

function compareMaps<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  shape: (value: T) => unknown,
): NamedChanges {
  const same = (a: T, b: T) => canonicalize(plain(shape(a))) === canonicalize(plain(shape(b)));
  const names = (map: ReadonlyMap<string, T>) => [...map.keys()].sort(compare);
  return {
    added: names(after).filter((name) => !before.has(name)),
    removed: names(before).filter((name) => !after.has(name)),
    changed: names(before).filter((name) => {
      const [a, b] = [before.get(name), after.get(name)];
      return a !== undefined && b !== undefined && !same(a, b);
    }),
  };
}

/** Without `undefined` members, which canonical JSON has no word for. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
