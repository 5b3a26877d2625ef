import canonicalize from 'canonicalize';
import type { Bundle, Rule } from '../bundle.ts';
import { compare } from '../problems.ts';

/** Names that came, went, or stand for something else now. */
export interface NamedChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** What of a bundle has a name. */
export type NamedThing =
  | 'files'
  | 'environments'
  | 'teams'
  | 'agents'
  | 'groups'
  | 'resources'
  | 'scopes'
  | 'rules';

/** Names of everything in the two bundles that differs, and rules whose annotations do. */
export function diffNames(
  before: Bundle,
  after: Bundle,
): Record<NamedThing, NamedChanges> & { readonly terms: readonly string[] } {
  const pick = <T>(
    read: (bundle: Bundle) => ReadonlyMap<string, T>,
    shape: (value: T) => unknown = (value) => value,
  ) => compareMaps(read(before), read(after), shape);
  const rules = (bundle: Bundle) => new Map(bundle.rules.map((rule) => [rule.id, rule]));
  return {
    files: pick((bundle) => new Map(Object.entries(bundle.files))),
    environments: pick((bundle) => bundle.environments),
    teams: pick((bundle) => new Map([...bundle.teams].map((name) => [name, name]))),
    agents: pick(
      (bundle) => bundle.agents,
      ({ owner, teams, keys }) => ({ owner, teams, keys }),
    ),
    groups: pick((bundle) => bundle.groups, withoutPlace),
    resources: pick(
      (bundle) => bundle.resources,
      (it) => ({ ...it, scopes: [...it.scopes.keys()] }),
    ),
    scopes: pick((bundle) => bundle.scopes),
    rules: pick(rules, (rule: Rule) => rule.text),
    terms: pick(rules, (rule: Rule) => rule.terms).changed,
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
  const same = (a: T, b: T) => {
    const [was, is] = [plain(shape(a)), plain(shape(b))];
    // Mostly nothing changed, and then the order of members did not either.
    return was === is || canonicalize(JSON.parse(was)) === canonicalize(JSON.parse(is));
  };
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

/** As JSON: without `undefined` members, which canonical JSON has no word for. */
function plain(value: unknown): string {
  return JSON.stringify(value ?? null);
}
