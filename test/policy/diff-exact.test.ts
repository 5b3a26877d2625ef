import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bundle } from '../../src/policy/bundle.ts';
import { type DecisionContext, decisionContext } from '../../src/policy/context.ts';
import { type BundleDiff, diffBundles } from '../../src/policy/diff.ts';
import type { Access } from '../../src/policy/diff/access.ts';
import { loadBundle } from '../../src/policy/load.ts';
import { type Answer, actionsOf, bruteForce, DENY } from './brute-force.ts';

const TEAMS = ['alpha', 'beta', 'gamma'];
const NAMES = ['ann', 'bob', 'cid'];
const RESOURCES = ['one', 'two'];
const EFFECTS = { read: 'read', change: 'write', wipe: 'destroy' };

const pick = (...texts: string[]) => fc.constantFrom(...texts);
const principal = fc.oneof(
  pick('principal'),
  pick(...TEAMS).map((it) => `principal in Team::"${it}"`),
);
const action = pick(
  'action',
  'action == Action::"read"',
  'action == Action::"write"',
  'action in [Action::"read", Action::"write"]',
);
const target = pick(
  'resource',
  'resource in Environment::"production"',
  'resource in Environment::"staging"',
  'resource in Resource::"one"',
  'resource == Scope::"two:change"',
);
/** Conditions by the fact that they read; each is one that the comparison claims to understand. */
const CONDITIONS = [
  'context.task has verified_ticket',
  'context.task has verified_ticket && context.task.verified_ticket like "OPS-*"',
  'context.task has verified_ticket && context.task.verified_ticket like "*-1"',
  'context.task has verified_ticket && context.task.verified_ticket == "OPS-1"',
  'context.task.verified_ticket != "DEV-2"',
  'context.task.opened_by == "operator"',
  '["agent"].contains(context.task.opened_by)',
  'context.time.hour >= 7 && 20 > context.time.hour',
  'context.time.weekday < 6 || context["time"]["hour"] == 3',
  'context.time.unix - context.task.opened_at < 600',
  'context.claimed has purpose && context.claimed.purpose like "*read*"',
  'principal in Team::"beta"',
  'resource in Environment::"production"',
  'Resource::"two" in Environment::"production"',
  'action == Action::"write"',
];
const clause = fc
  .tuple(pick('when', 'unless'), pick(...CONDITIONS))
  .map(([kind, it]) => `${kind} { ${it} }`);
const terms = fc
  .tuple(
    pick('', '@ttl("5m")', '@ttl("1h")'),
    pick('', '@approvals("1")', '@approvals("2") @approvers("dba")'),
    pick('', '@leases("3")', '@mode("login")'),
  )
  .map((all) => all.join(' '));
const rule = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('permit'), terms) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('forbid'), fc.constant('')) },
);
const statement = fc
  .tuple(rule, principal, action, target, fc.oneof(fc.constant(''), clause))
  .map(([[effect, says], ...head]) => {
    const [who, how, what, when] = head;
    return `${says} ${effect} (${who}, ${how}, ${what}) ${when};`;
  });

/** Everything about one side but its rules. */
const ground = fc.record({
  agents: fc.dictionary(pick(...NAMES), fc.subarray(TEAMS), { maxKeys: 3 }),
  environments: fc.tuple(pick('production', 'staging'), pick('production', 'staging')),
  ttl: pick('10m', '30m'),
});
type Ground = typeof ground extends fc.Arbitrary<infer T> ? T : never;

/** Both sides draw from the same statements, so that some stay, some go and some change under their id. */
const sides = fc
  .record({
    pool: fc.array(statement, { minLength: 4, maxLength: 7 }),
    grounds: fc.oneof(
      ground.map((it) => [it, it] as const),
      fc.tuple(ground, ground),
    ),
  })
  .chain(({ pool, grounds }) => {
    const some = fc.subarray(pool.map((_, at) => at));
    return fc.tuple(some, some).map(([was, is]) => {
      const rules = (chosen: number[]) =>
        // Two statements share an id where both are not in one bundle.
        chosen.map((at) => `@id("r${at}") ${pool[at]}`).join('\n');
      return [bundle(grounds[0], rules(was)), bundle(grounds[1], rules(is))] as const;
    });
  });

function bundle({ agents, environments, ttl }: Ground, rules: string): Bundle {
  const declared = Object.entries(agents).map(
    ([name, teams]) =>
      `{ name: ${name}, owner: a@b.c, teams: [${teams.join(', ')}], jwks: { keys: [] } }`,
  );
  const scopes = Object.entries(EFFECTS).map(
    ([name, effect]) => `  ${name}: { effect: ${effect}, max_ttl: ${ttl}, postgres: {} }`,
  );
  const files = RESOURCES.map((name, at) => [
    `resources/${name}.yaml`,
    `resource: ${name}\nkind: postgres\nenvironment: ${environments[at]}\nowner: a@b.c
connection: { url: { secret: ${name}/admin-url } }\nscopes:\n${scopes.join('\n')}\n`,
  ]);
  return loadBundle({
    'environments.yaml':
      'environments: { production: { protected: true }, staging: { protected: false } }',
    'groups.yaml': 'groups: { dba: { members: [] } }',
    'agents.yaml': `teams: [${TEAMS.join(', ')}]\nagents: [${declared.join(', ')}]`,
    ...Object.fromEntries(files),
    'rules/rules.cedar': rules,
  });
}

/** Every situation, as far as any condition above could tell two of them apart, for the facts in question. */
function situations(...bundles: Bundle[]): DecisionContext[] {
  const text = bundles.flatMap(({ rules }) => rules.map((it) => it.text)).join();
  const of = <T>(fact: string, plain: T, ...more: T[]) =>
    text.includes(fact) ? [plain, ...more] : [plain];
  const tickets = of<string | undefined>(
    'verified_ticket',
    undefined,
    'OPS-1',
    'OPS-2',
    'DEV-1',
    'DEV-2',
    'x',
  );
  const openers = of<'agent' | 'operator'>('opened_by', 'agent', 'operator');
  const days = of('weekday', '05', '10');
  const hours = text.includes('hour') ? ['12', '03', '06', '07', '19', '20'] : ['12'];
  const ages = of('opened_at', 0, 599, 600, 601);
  const purposes = of<string | undefined>('purpose', undefined, 'to read', 'else');
  const all: DecisionContext[] = [];
  for (const verifiedTicket of tickets)
    for (const openedBy of openers)
      for (const day of days)
        for (const hour of hours)
          for (const age of ages)
            for (const purpose of purposes) {
              const now = Date.parse(`2026-01-${day}T${hour}:00:00Z`);
              const openedAt = now - age * 1000;
              const task = { id: 'tsk_1', openedBy, openedAt, verifiedTicket };
              all.push(decisionContext({ now, task, claimed: { purpose } }));
            }
  return all;
}

/** `ann one:change write: before → after` for everything that differs in any situation. */
function byBruteForce(before: Bundle, after: Bundle): Set<string> {
  const [was, is] = [bruteForce(before), bruteForce(after)];
  const contexts = situations(before, after);
  const found = new Set<string>();
  const scopes = [...before.scopes.keys()];
  for (const name of new Set([...before.agents.keys(), ...after.agents.keys()])) {
    const teams = [before, after].map((it) => it.agents.get(name)?.teams);
    for (const scope of scopes) {
      const actions = actionsOf(before, scope);
      const own = actions[0] ?? '';
      const ask = (side: typeof was, at: number) => {
        const who = { id: name, teams: teams[at] };
        const answers = contexts.map((it) =>
          Object.fromEntries(actions.map((how) => [how, side(who, scope, how, it)])),
        );
        // Operations need a token, so a scope that is never granted opens nothing.
        const minted = answers.some((it) => it[own] !== DENY);
        return answers.map((it) => (minted ? it : {}));
      };
      const [old, young] = [ask(was, 0), ask(is, 1)];
      for (const how of actions)
        for (let at = 0; at < contexts.length; at += 1) {
          const [a, b] = [old[at]?.[how] ?? DENY, young[at]?.[how] ?? DENY];
          if (a !== b) found.add(`${name} ${scope} ${how}: ${a} → ${b}`);
        }
    }
  }
  return found;
}

/** The same of a diff's rows. */
function byDiff({ audiences, decisions }: BundleDiff): Set<string> {
  const found = new Set<string>();
  for (const row of decisions)
    for (const name of row.audiences.flatMap((at) => audiences[at]?.agents ?? []))
      for (const scope of row.scopes)
        for (const how of row.actions)
          found.add(`${name} ${scope} ${how}: ${said(row.before)} → ${said(row.after)}`);
  return found;
}

function said(access: Access): Answer {
  if (access.outcome === 'deny') return DENY;
  const approvals = (access.approvals ?? []).map(
    (it) => `${it.rule}=${it.count}:${it.groups.join()}`,
  );
  return [
    `rules ${access.rules.join()}`,
    `ttl ${access.ttl}`,
    `approvals ${approvals.join(' ')}`,
    `leases ${access.leases}`,
    `login ${access.mode === 'login'}`,
  ].join('; ');
}

test('a diff says exactly what deciding everything, for everybody, in every situation says', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(sides, ([before, after]) => {
      const diff = diffBundles(before, after);
      expect(diff.assumed).toMatchObject({ complete: true, notes: [] });
      expect([...byDiff(diff)].sort()).toEqual([...byBruteForce(before, after)].sort());
      for (const { change, when } of diff.decisions) {
        const kind = `${change} ${when === 'always' ? 'always' : 'sometimes'}`;
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
      }
    }),
    { numRuns: 40 },
  );
  // The property says little unless every kind of row came up.
  for (const change of ['gained', 'lost', 'terms']) {
    expect([...seen.keys()]).toContain(`${change} always`);
    expect([...seen.keys()]).toContain(`${change} sometimes`);
  }
}, 120_000);

test('each row holds in the situations it names, and in no other that was compared', () => {
  fc.assert(
    fc.property(sides, ([before, after]) => {
      const diff = diffBundles(before, after);
      const [was, is] = [bruteForce(before), bruteForce(after)];
      for (const row of diff.decisions) {
        for (const name of row.audiences.flatMap((at) => diff.audiences[at]?.agents ?? [])) {
          const [old, young] = [before, after].map((it) => ({
            id: name,
            teams: it.agents.get(name)?.teams,
          }));
          for (const at of row.situations) {
            const { context } = diff.assumed.situations[at] ?? {};
            const [scope = '', how = ''] = [row.scopes[0], row.actions[0]];
            const own = actionsOf(before, scope)[0];
            // A lower effect under a scope that cannot be had is told as a deny.
            if (how !== own || !context || !old || !young) continue;
            expect([said(row.before), said(row.after)]).toEqual([
              was(old, scope, how, context),
              is(young, scope, how, context),
            ]);
          }
        }
      }
    }),
    { numRuns: 20 },
  );
}, 60_000);
