import { beforeAll, describe, expect, test } from 'vitest';
import type { Bundle } from '../../src/policy/bundle.ts';
import { decisionContext } from '../../src/policy/context.ts';
import { hintFor } from '../../src/policy/hint.ts';
import { loadBundle } from '../../src/policy/load.ts';
import { compilePolicy } from '../../src/policy/policy.ts';
import { readBundleDirectory } from '../../src/policy/read-directory.ts';
import { validateBundle } from '../../src/policy/validate.ts';

let bundle: Bundle;
beforeAll(async () => {
  bundle = loadBundle(
    await readBundleDirectory(new URL('../../policies', import.meta.url).pathname),
  );
});

describe('the sample bundle', () => {
  test('is accepted without a warning, and its cases pass', () => {
    const { warnings, tests } = validateBundle(bundle, () => []);
    expect(warnings).toEqual([]);
    expect(tests.length).toBeGreaterThanOrEqual(10);
    expect(tests.flatMap(({ failures }) => failures)).toEqual([]);
  });

  test('has two teams, a protected production, a staging, a lab, and scopes to read, to write and to try', () => {
    expect([...bundle.teams]).toEqual(['support', 'platform']);
    expect([...bundle.environments.values()]).toEqual([
      { name: 'production', protected: true },
      { name: 'staging', protected: false },
      { name: 'lab', protected: false },
    ]);
    expect(
      [...bundle.resources.values()].map((it) => `${it.name} ${it.connection.url.secret}`).sort(),
    ).toEqual([
      'orders-db orders-db/admin-url',
      'orders-db-staging orders-db-staging/admin-url',
      'sandboxes sandboxes/admin-url',
    ]);
    expect(new Set([...bundle.scopes.values()].map(({ effect }) => effect))).toEqual(
      new Set(['read', 'write', 'sandbox']),
    );
  });

  test('cases name every rule, so that none is there unseen', () => {
    const named = new Set(bundle.tests.flatMap(({ expect: { rules } }) => rules ?? []));
    const unseen = bundle.rules.map(({ id }) => id).filter((id) => !named.has(id));
    // No scope of the sample can destroy or return secrets: these two wait for one that does.
    expect(unseen.sort()).toEqual(['destroy-takes-two', 'no-agent-reads-secrets']);
  });

  test('demo-agent reads production with a verified ticket, and is told what else it may do', () => {
    const policy = compilePolicy(bundle, { version: 1 });
    const agent = { id: 'agt_demo', teams: bundle.agents.get('demo-agent')?.teams ?? [] };
    const task = {
      id: 'tsk_1',
      openedBy: 'operator' as const,
      openedAt: 0,
      verifiedTicket: 'OPS-12',
    };
    const context = decisionContext({ now: 1_000, task });
    expect(policy.decide({ agent, scope: 'orders-db:read', context })).toMatchObject({
      outcome: 'allow',
      terms: { ttlSeconds: 900, leases: 1 },
    });
    const refused = { agent, scope: 'orders-db-staging:write', context };
    expect(hintFor(policy, refused, policy.decide(refused)).alternatives).toEqual([
      'orders-db-staging:read',
      'orders-db:read',
      'sandboxes:try',
    ]);
  });

  test('the answers do not depend on the day', () => {
    const policy = compilePolicy(bundle, { version: 1 });
    const agent = { id: 'agt_demo', teams: ['support'] };
    const days = Array.from({ length: 14 }, (_, day) => decisionContext({ now: day * 43_200_000 }));
    for (const scope of bundle.scopes.keys()) {
      const outcomes = days.map((context) => policy.decide({ agent, scope, context }).outcome);
      expect(new Set(outcomes).size).toBe(1);
    }
  });
});
