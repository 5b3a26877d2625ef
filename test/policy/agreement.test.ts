import { isAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Decision } from '../../src/domain/decision.ts';
import { EFFECTS, type Effect } from '../../src/domain/effect.ts';
import type { Bundle } from '../../src/policy/bundle.ts';
import { type DecisionContext, decisionContext } from '../../src/policy/context.ts';
import { compilePolicy, type DecisionRequest } from '../../src/policy/policy.ts';
import { SlicePool } from '../../src/policy/slice-pool.ts';
import { thingsOf, uid } from './brute-force.ts';
import { resource, withRules } from './bundle-fixture.ts';

const TEAMS = ['alpha', 'beta', 'gamma'];
const AGENTS = ['agt_01hzzzzzzzzzzzzzzzzzzzzzz0', 'agt_01hzzzzzzzzzzzzzzzzzzzzzz1'];
const RESOURCES = { one: 'production', two: 'production', three: 'staging', four: 'staging' };
const SCOPES = Object.keys(RESOURCES).flatMap((it) =>
  ['read', 'change', 'wipe'].map((name) => `${it}:${name}`),
);

const entity = (type: string, ids: readonly string[]) =>
  fc.constantFrom(...ids).map((id) => `${type}::"${id}"`);
const team = entity('Team', TEAMS);
const agent = entity('Agent', AGENTS);
const above = fc.oneof(
  entity('Resource', Object.keys(RESOURCES)),
  entity('Environment', ['production', 'staging']),
);
const scope = entity('Scope', SCOPES);
const action = fc.constantFrom(...EFFECTS).map((it) => `Action::"${it}"`);

/** Heads of every form Cedar has, some that can never match. */
const principalHead = fc.oneof(
  { weight: 4, arbitrary: fc.constant('principal') },
  { weight: 6, arbitrary: team.map((it) => `principal in ${it}`) },
  agent.map((it) => `principal == ${it}`),
  agent.map((it) => `principal in ${it}`),
  team.map((it) => `principal == ${it}`),
  fc.constant('principal is Agent'),
  fc.constant('principal is Team'),
  team.map((it) => `principal is Agent in ${it}`),
  team.map((it) => `principal is Team in ${it}`),
  agent.map((it) => `principal is Agent in ${it}`),
  above.map((it) => `principal in ${it}`),
);
const actionHead = fc.oneof(
  fc.constant('action'),
  action.map((it) => `action == ${it}`),
  action.map((it) => `action in ${it}`),
  fc
    .uniqueArray(action, { minLength: 1, maxLength: 3 })
    .map((it) => `action in [${it.join(', ')}]`),
);
const resourceHead = fc.oneof(
  { weight: 4, arbitrary: fc.constant('resource') },
  { weight: 6, arbitrary: above.map((it) => `resource in ${it}`) },
  scope.map((it) => `resource == ${it}`),
  scope.map((it) => `resource in ${it}`),
  above.map((it) => `resource == ${it}`),
  fc.constant('resource is Scope'),
  fc.constant('resource is Resource'),
  above.map((it) => `resource is Scope in ${it}`),
  scope.map((it) => `resource is Scope in ${it}`),
  above.map((it) => `resource is Resource in ${it}`),
  team.map((it) => `resource in ${it}`),
);

/** Conditions over every fact, over entities, and some that err. */
const atom = fc.oneof(
  fc.constantFrom(
    'true',
    'false',
    'context.task has verified_ticket',
    'context.task has verified_ticket && context.task.verified_ticket like "OPS-*"',
    'context has task.verified_ticket',
    'context.task.opened_by == "operator"',
    'context.task.opened_at < context.time.unix',
    'context.time.weekday < 6',
    'context["time"]["hour"] >= 9',
    'context.claimed has purpose && context.claimed.purpose like "*read*"',
    'context.claimed == {}',
    'context.claimed == {"ticket": "OPS-1"}',
    'context == context',
    '{"c": context}.c.task has verified_ticket',
    '{"c": context.task}.c.opened_by == "operator"',
    '[context.task.opened_by].contains("operator")',
    '{"__entity": context.task.id} == {"__entity": "tsk_1"}',
    '{"Var": context.task.opened_by} == {"Var": "operator"}',
  ),
  team.map((it) => `principal in ${it}`),
  fc.tuple(team, team).map(([a, b]) => `principal in [${a}, ${b}]`),
  agent.map((it) => `principal == ${it}`),
  fc.tuple(agent, team).map(([a, b]) => `${a} in ${b}`),
  above.map((it) => `resource in ${it}`),
  scope.map((it) => `resource == ${it}`),
  fc.tuple(scope, above).map(([a, b]) => `${a} in ${b}`),
  fc.tuple(above, above).map(([a, b]) => `${a} in ${b}`),
  action.map((it) => `action == ${it}`),
);
const erring = fc.constantFrom(
  'context.task.verified_ticket == "OPS-1"',
  'context.time.unix + 9223372036854775807 > 0',
  'context.nothing',
  'principal.owner == "x"',
);
const condition = fc.oneof(
  { weight: 4, arbitrary: atom },
  { weight: 2, arbitrary: erring },
  fc.tuple(atom, fc.constantFrom('&&', '||'), atom).map(([a, op, b]) => `(${a}) ${op} (${b})`),
  fc.tuple(atom, atom, atom).map(([a, b, c]) => `if ${a} then ${b} else ${c}`),
  atom.map((it) => `!(${it})`),
);
const clause = fc
  .tuple(fc.constantFrom('when', 'unless'), condition)
  .map(([kind, it]) => `${kind} { ${it} }`);
const rule = fc
  .tuple(
    fc.constantFrom('permit', 'permit', 'permit', 'permit', 'forbid'),
    fc.tuple(principalHead, actionHead, resourceHead),
    fc.oneof(fc.constant([]), fc.array(clause, { maxLength: 2 })),
  )
  .map(([effect, head, clauses]) => `${effect} (${head.join(', ')}) ${clauses.join(' ')};`);
const rules = fc
  .array(rule, { maxLength: 15 })
  .map((all) => all.map((text, at) => `@id("rule-${at}") ${text}`).join('\n'));

const context: fc.Arbitrary<DecisionContext> = fc
  .record({
    now: fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }),
    task: fc.record({
      id: fc.constantFrom('tsk_1', 'tsk_2'),
      openedBy: fc.constantFrom('agent' as const, 'operator' as const),
      openedAt: fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }),
      verifiedTicket: fc.constantFrom(undefined, 'OPS-1', 'DEV-2'),
    }),
    claimed: fc.constantFrom(
      {},
      { purpose: 'to read' },
      { ticket: 'OPS-1' },
      { purpose: '"é\u2028', ticket: '' },
    ),
  })
  .map(decisionContext);
const request: fc.Arbitrary<DecisionRequest> = fc.record({
  agent: fc.record({
    id: fc.constantFrom(...AGENTS, 'agt_01hzzzzzzzzzzzzzzzzzzzzzz2'),
    teams: fc.subarray([...TEAMS, 'unheard-of']),
  }),
  scope: fc.constantFrom(...SCOPES),
  action: fc.constantFrom<Effect>('read', 'write', 'destroy'),
  context,
});

const RESOURCE_FILES = Object.fromEntries(
  Object.entries(RESOURCES).map(([name, environment]) => [
    `resources/${name}.yaml`,
    resource(name, environment),
  ]),
);

/** What Cedar says when it is shown every rule, every entity and every fact. */
function decideWhole(
  bundle: Bundle,
  { agent: who, scope: what, action: how, context: facts }: DecisionRequest,
) {
  const entities = [
    { uid: uid('Agent', who.id), attrs: {}, parents: who.teams.map((id) => uid('Team', id)) },
    ...who.teams.map((id) => ({ uid: uid('Team', id), attrs: {}, parents: [] })),
    ...[...bundle.environments.keys()].map((id) => ({
      uid: uid('Environment', id),
      attrs: {},
      parents: [],
    })),
    ...thingsOf(bundle),
  ];
  const answer = isAuthorized({
    principal: uid('Agent', who.id),
    action: uid('Action', how ?? ''),
    resource: uid('Scope', what),
    context: facts as never,
    policies: {
      staticPolicies: Object.fromEntries(bundle.rules.map(({ id, text }) => [id, text])),
    },
    entities,
  });
  if (answer.type === 'failure') throw new Error(answer.errors[0]?.message);
  const { decision, diagnostics } = answer.response;
  const erring = diagnostics.errors.map(({ policyId }) => policyId).sort();
  const reasons = [...diagnostics.reason].sort();
  if (erring.length > 0) return { outcome: 'deny', reason: 'policy_error', rules: erring };
  if (decision === 'allow') return { outcome: 'allow', reason: undefined, rules: reasons };
  return { outcome: 'deny', reason: reasons.length > 0 ? 'forbidden' : 'no_rule', rules: reasons };
}

function summary(decision: Decision) {
  const reason = decision.outcome === 'deny' ? decision.reason : undefined;
  return { outcome: decision.outcome, reason, rules: [...decision.rules].sort() };
}

/** The same question from every agent, and from one without teams: slices are shared where they may be. */
function forEachAgent(asked: DecisionRequest): DecisionRequest[] {
  const agents = [...AGENTS, asked.agent.id].map((id) => ({ id, teams: asked.agent.teams }));
  return [...agents, { id: asked.agent.id, teams: [] }].map((one) => ({ ...asked, agent: one }));
}

test('a slice and the whole bundle agree on decision, determining rules and errors', () => {
  const covered = ['read', 'change', 'wipe'];
  const seen = new Map<string, number>();
  // A pool of three: slices leave and return all the time.
  const pool = new SlicePool('agreement-', { slices: 3, rules: 60 });
  fc.assert(
    fc.property(rules, fc.array(request, { minLength: 3, maxLength: 6 }), (text, requests) => {
      const policy = compilePolicy(withRules(text, RESOURCE_FILES), { pool });
      for (const asked of requests.flatMap(forEachAgent)) {
        const rank = ['read', 'write', 'destroy'].indexOf(asked.action ?? 'read');
        // Beyond the scope's own effect nothing is asked of Cedar.
        if (rank > covered.indexOf(asked.scope.split(':')[1] ?? '')) continue;
        const found = summary(policy.decide(asked));
        expect(found).toEqual(decideWhole(policy.bundle, asked));
        const kind = found.reason ?? found.outcome;
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
      }
    }),
    { numRuns: 150 },
  );
  // The property says little unless every outcome came up.
  for (const kind of ['allow', 'no_rule', 'forbidden', 'policy_error']) {
    expect(seen.get(kind) ?? 0).toBeGreaterThan(4);
  }
}, 120_000);
