import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inParallel, runChild } from './children.ts';
import { openStage, type Stage } from './stage.ts';

/** Children at once; what they wait for is mostly the second between two counts of zero. */
const AT_ONCE = 4;
/** A crashed child holds what it claimed for twice this long. */
const CRASHING = { revokeTimeoutMs: 4_000 };
/** Nobody else is alive when the fresh broker starts: every reservation is stale at once. */
const SWEEPING = { issueTimeoutMs: 1 };

type Input = (stage: Stage, nth: number) => Promise<object>;

const VERBS: readonly { readonly verb: string; readonly input: Input }[] = [
  { verb: 'issue', input: (stage) => stage.withToken() },
  {
    verb: 'issue once more',
    input: async (stage, nth) => {
      const key = `again-${nth}`;
      return { ...(await stage.withLease(undefined, key)), key };
    },
  },
  { verb: 'revoke the lease', input: (stage) => stage.withLease() },
  { verb: 'close the task', input: (stage) => stage.withLease() },
  {
    verb: 'revoke the agent',
    input: async (stage) => {
      const agent = await stage.newAgent();
      return { ...(await stage.withLease(agent)), agent: agent.id };
    },
  },
];

async function record(stage: Stage, verb: string, input: object): Promise<string[]> {
  const { config } = stage;
  const end = await runChild({ config, limits: CRASHING, verb, input });
  expect(end, `${verb}: ${end.stderr}`).toMatchObject({ code: 0, signal: null });
  return JSON.parse(end.stdout) as string[];
}

async function crash(stage: Stage, verb: string, input: object, killAt: string): Promise<void> {
  const { config } = stage;
  const end = await runChild({ config, limits: CRASHING, verb, input, killAt });
  expect(end.signal, `${verb}, ${killAt}: not crossed ${end.stderr}`).toBe('SIGKILL');
}

/** Promise 5: every role at the shop that carries our marker is a lease the store knows of. */
async function expectNothingUnknown(stage: Stage): Promise<void> {
  const roles = await stage.shop.leaseRoles(stage.installation);
  const leases = await stage.leases();
  const known = new Set(leases.filter(({ state }) => state !== 'revoked').map(({ name }) => name));
  expect(roles.filter((role) => !known.has(role))).toEqual([]);
}

/** Nothing waits to be ended, and outside lives exactly what the store calls live. */
async function expectSettled(stage: Stage): Promise<void> {
  const leases = await stage.leases();
  expect(leases.filter(({ state }) => !['active', 'revoked'].includes(state))).toEqual([]);
  expect(leases.filter(({ overdue }) => overdue)).toEqual([]);
  const live = leases.filter(({ state }) => state === 'active').map(({ name }) => name);
  expect((await stage.shop.leaseRoles(stage.installation)).sort()).toEqual(live.sort());
}

describe('promise 5: kill -9 around every port call leaves nothing that the broker does not know', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage.close());

  it('issue and revoke', async () => {
    // The first lease of a scope makes its group role; every later one finds it.
    await stage.withLease();
    const crossed: { verb: string; killAt: string; input: object }[] = [];
    for (const { verb, input } of VERBS) {
      const points = await record(stage, verb, await input(stage, 0));
      expect(points.length, verb).toBeGreaterThan(10);
      for (const [index, killAt] of points.entries()) {
        crossed.push({ verb, killAt, input: await input(stage, index + 1) });
      }
    }
    await inParallel(crossed, AT_ONCE, ({ verb, killAt, input }) =>
      crash(stage, verb, input, killAt),
    );
    await expectNothingUnknown(stage);
    const swept = await runChild({ config: stage.config, limits: SWEEPING, verb: 'sweep' });
    expect(swept, swept.stderr).toMatchObject({ code: 0, signal: null });
    await expectSettled(stage);
    expect(await stage.verdict()).toMatchObject({ ok: true, anchored: true });
    console.log(`crash matrix: ${crossed.length} points crossed`);
  });
});
