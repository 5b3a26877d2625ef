import canonicalize from 'canonicalize';
import type { Resource } from '../domain/resource.ts';
import type { Bundle, Group } from './bundle.ts';
import type { DiffAudience } from './diff/audiences.ts';
import type { DecisionChange } from './diff/diff-decisions.ts';
import { accessWords, audienceWords, changeWords } from './diff/words.ts';
import { compare } from './problems.ts';

/** One way in which a change gives more in a protected environment than there was. */
export interface Widening {
  readonly kind:
    | 'access'
    | 'terms'
    | 'environment'
    | 'resource'
    | 'connection'
    | 'scope'
    | 'template'
    | 'group'
    | 'owner';
  /** A sentence for whoever has to approve it. */
  readonly text: string;
}

/** Two bundles with what their comparison found. */
export interface Widened {
  readonly before: Bundle;
  readonly after: Bundle;
  readonly audiences: readonly DiffAudience[];
  /** Rows about whoever is registered already. */
  readonly decisions: readonly DecisionChange[];
  /** What agents that are registered now get beyond what any agent had. */
  readonly beyond: readonly DecisionChange[];
}

/**
 * Everything about a change that widens a protected environment. Where it cannot be told whether
 * something gives more or less (other tables, another connection), it counts as more.
 */
export function widens(change: Widened): Widening[] {
  return [
    ...widenedRows(change.audiences, [...change.decisions, ...change.beyond]),
    ...environments(change),
    ...resources(change),
    ...scopes(change),
    ...templates(change),
    ...groups(change),
    ...owners(change),
  ];
}

/** Rows of a comparison that give more in a protected environment. */
export function widenedRows(
  audiences: readonly DiffAudience[],
  rows: readonly DecisionChange[],
): Widening[] {
  return rows.flatMap((row): Widening[] => {
    if (!row.protected || (row.change !== 'gained' && row.looser.length === 0)) return [];
    const who = row.audiences.flatMap((at) => audiences[at] ?? []).map(audienceWords);
    const what = `${row.scopes.join(', ')} (${row.actions.join(', ')})`;
    const when = row.when === 'always' ? '' : `, ${row.when}`;
    const terms = `${accessWords(row.before)} → ${accessWords(row.after)}`;
    const kind = row.change === 'gained' ? 'access' : 'terms';
    return [{ kind, text: `${who.join(', ')}: ${what}: ${changeWords(row)}: ${terms}${when}` }];
  });
}

function environments({ before, after }: Widened): Widening[] {
  return [...before.environments.values()].flatMap(({ name, protected: was }): Widening[] => {
    const is = after.environments.get(name)?.protected;
    if (!was || is !== false) return [];
    return [{ kind: 'environment', text: `${name} is no longer protected` }];
  });
}

function resources({ before, after }: Widened): Widening[] {
  const opened = secretsOfProtected(before, after);
  return [...after.resources.values()].flatMap((now): Widening[] => {
    const was = before.resources.get(now.name);
    const found: Widening[] = [];
    const say = (kind: Widening['kind'], text: string) => found.push({ kind, text });
    const moved = was && was.environment.name !== now.environment.name;
    if (was?.environment.protected && moved && !now.environment.protected) {
      say('resource', `${now.name} leaves the protected environment ${was.environment.name}`);
    }
    const guarded = was?.environment.protected || now.environment.protected;
    if (was && guarded) {
      for (const text of connectionChanges(was, now)) say('connection', `${now.name}: ${text}`);
    }
    // The same key under another name, where nobody is asked.
    const key = now.connection.url.secret;
    const other = opened.get(key);
    if (!now.environment.protected && other && key !== was?.connection.url.secret) {
      say('connection', `${now.name} connects with ${key}, which opens ${other}`);
    }
    return found;
  });
}

/** Secret → the protected resource that it opens, before or after. */
function secretsOfProtected(...bundles: readonly Bundle[]): Map<string, string> {
  const all = bundles.flatMap((bundle) => [...bundle.resources.values()]);
  const guarded = all.filter(({ environment }) => environment.protected);
  return new Map(guarded.map(({ name, connection }) => [connection.url.secret, name]));
}

function connectionChanges(was: Resource, now: Resource): string[] {
  const accepted = now.connection.accept.filter((gap) => !was.connection.accept.includes(gap));
  return [
    ...(was.kind === now.kind ? [] : [`is of kind ${now.kind}, was ${was.kind}`]),
    ...(was.connection.url.secret === now.connection.url.secret
      ? []
      : [`connects with ${now.connection.url.secret}, was ${was.connection.url.secret}`]),
    ...(was.audience === now.audience
      ? []
      : [
          `tokens are for ${now.audience ?? 'the broker'}, were for ${was.audience ?? 'the broker'}`,
        ]),
    ...accepted.map((gap) => `accepts the gap ${gap}`),
  ];
}

function scopes({ before, after }: Widened): Widening[] {
  return [...after.scopes.values()].flatMap((now): Widening[] => {
    const was = before.scopes.get(now.id);
    const environment = after.resources.get(now.resource)?.environment;
    if (!was || !environment?.protected) return [];
    if (was.effect === now.effect && same(was.constraints, now.constraints)) return [];
    return [{ kind: 'scope', text: `${now.id} grants something else than before` }];
  });
}

function templates({ before, after }: Widened): Widening[] {
  return [...after.resources.values()].flatMap((resource) => {
    const known = before.resources.get(resource.name)?.templates ?? {};
    return Object.entries(resource.templates ?? {}).flatMap(([name, now]): Widening[] => {
      const source = after.resources.get(now.source);
      const was = Object.hasOwn(known, name) ? known[name] : undefined;
      if (!source?.environment.protected || same(was, now)) return [];
      const what = was ? 'is masked in another way' : 'is new';
      return [
        { kind: 'template', text: `${resource.name}: template ${name} of ${now.source} ${what}` },
      ];
    });
  });
}

function groups({ before, after }: Widened): Widening[] {
  const asked = new Set(after.rules.flatMap(({ terms }) => terms.approvers));
  const guarded = [...after.environments.values()].some((it) => it.protected);
  return [...after.groups.values()].flatMap((now): Widening[] => {
    const was = before.groups.get(now.name);
    if (!was || !guarded || !asked.has(now.name)) return [];
    const joined = peopleOf(now).filter((person) => !peopleOf(was).includes(person));
    if (joined.length === 0) return [];
    return [{ kind: 'group', text: `${joined.join(', ')} may approve as ${now.name}` }];
  });
}

/** Who a group is; a group of the identity provider stands for whoever that says. */
function peopleOf(group: Group): string[] {
  return 'members' in group
    ? group.members.map((member) => member.toLowerCase()).sort(compare)
    : [`whoever the identity provider has in ${group.oidc}`];
}

/** An owner may not approve what his agent asks for, so another owner is one more approver. */
function owners({ before, after }: Widened): Widening[] {
  if (![...after.environments.values()].some((it) => it.protected)) return [];
  return [...after.agents.values()].flatMap(({ name, owner }): Widening[] => {
    const was = before.agents.get(name)?.owner;
    if (was === undefined || was === owner) return [];
    return [
      { kind: 'owner', text: `${was} no longer owns ${name}, and may approve what it asks for` },
    ];
  });
}

function same(a: unknown, b: unknown): boolean {
  const plain = (value: unknown) => canonicalize(JSON.parse(JSON.stringify(value ?? null)));
  return plain(a) === plain(b);
}
