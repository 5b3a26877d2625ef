import { expect } from 'vitest';
import type { Worker } from './children.ts';
import type { Plan, VerbInput, VerbName } from './plan.ts';
import type { Stage } from './stage.ts';

/** A verb of the worker, and how its input is made: each crash gets one of its own. */
export interface Crashing {
  readonly verb: VerbName;
  readonly statements?: boolean;
  readonly input: (stage: Stage, nth: number) => Promise<VerbInput>;
}

/** A crashed child holds what it claimed for twice this long. A slow machine is no stale feed. */
const CRASHING = { revokeTimeoutMs: 4_000, feedMaxAgeMs: 60_000 };
/** Nobody else is alive when the fresh broker starts: every reservation is stale at once. */
const SWEEPING = { issueTimeoutMs: 1, feedMaxAgeMs: 60_000 };

/** Runs a verb to its end. @returns every point it crossed, two for each call */
export async function record(worker: Worker, stage: Stage, crashing: Crashing): Promise<string[]> {
  const end = await worker.run(await planOf(stage, crashing, 0));
  expect(end, `${crashing.verb}: ${end.stderr}`).toMatchObject({ code: 0, signal: null });
  return JSON.parse(end.stdout) as string[];
}

/**
 * Where to die so that every point is crossed. Between the end of one call and the beginning of the
 * next nothing leaves the process: both points are one place, and one death is after the first call
 * and before the second.
 */
export function placesOf(points: readonly string[]): string[] {
  return points.filter((point, index) => {
    const next = points[index + 1] ?? '';
    return !(point.startsWith('after ') && next.startsWith('before '));
  });
}

/** Runs a verb in a process that kills itself there, and fails where it never came that far. */
export async function crash(
  worker: Worker,
  stage: Stage,
  crashing: Crashing,
  nth: number,
  killAt: string,
): Promise<void> {
  const end = await worker.run({ ...(await planOf(stage, crashing, nth)), killAt });
  expect(end.signal, `${crashing.verb}, ${killAt}: not crossed. ${end.stderr}`).toBe('SIGKILL');
}

async function planOf(
  stage: Stage,
  { verb, input, statements = false }: Crashing,
  nth: number,
): Promise<Plan> {
  const { config } = stage;
  return { config, limits: CRASHING, verb, statements, input: await input(stage, nth) };
}

/** A fresh broker process sweeps until nothing is left to be ended. */
async function sweep(worker: Worker, stage: Stage): Promise<void> {
  const end = await worker.run({ config: stage.config, limits: SWEEPING, verb: 'sweep' });
  expect(end, end.stderr).toMatchObject({ code: 0, signal: null });
}

/** Every role at the shop that carries our marker is a lease that the store knows and will end. */
export async function expectNothingUnknown(stage: Stage): Promise<void> {
  const roles = await stage.outside();
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
  expect([...new Set(await stage.outside())].sort()).toEqual(live.sort());
  expect(await stage.verdict()).toMatchObject({ ok: true, anchored: true });
}

/** After everything was revoked: no live lease and no role is left. */
async function expectEmpty(stage: Stage): Promise<void> {
  expect((await stage.leases()).filter(({ state }) => state !== 'revoked')).toEqual([]);
  expect(await stage.outside()).toEqual([]);
}

/** A fresh broker finds everything that was left, and ends it. */
export async function expectSweptClean(worker: Worker, stage: Stage): Promise<void> {
  await expectNothingUnknown(stage);
  await sweep(worker, stage);
  await expectSettled(stage);
  await stage.revokeAll();
  await sweep(worker, stage);
  await expectEmpty(stage);
}
