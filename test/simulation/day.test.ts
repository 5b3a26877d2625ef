import { expect, it } from 'vitest';
import { sayWorlds, VAULT_WORLDS, type VaultWorld } from '../support/vault/worlds.ts';
import { simulateDay } from './day.ts';

sayWorlds();

/** `npm run simulate -- --tasks 10000 --seed 7` sets these; `npm test` lives through a small day. */
const TASKS = Number(process.env['SIMULATED_TASKS'] ?? 100);
const SEED = Number(process.env['SIMULATION_SEED'] ?? 3);
const IS_WHOLE = process.env['SIMULATED_TASKS'] !== undefined;

it('a day of failing downstreams ends with no credential alive and nothing unknown', {
  timeout: 300_000 + TASKS * 500,
}, async () => {
  const day = await simulateDay({
    tasks: TASKS,
    seed: SEED,
    atOnce: 24,
    troubles: 2,
    vault: VAULT_WORLDS.at(-1) as VaultWorld,
    ...(IS_WHOLE ? { onProgress: (text) => console.log(text) } : {}),
  });
  console.log(day.summary);
  const refusals = [...day.tally.refusals].map(([code, count]) => `${code} ${count}`).sort();
  console.log(`refused meanwhile: ${refusals.join(', ')}`);
  for (const text of day.tally.blamed) console.log(`  blamed: ${text}`);
  expect(day).toMatchObject({
    unknown: [],
    unsettled: [],
    overdue: [],
    liveTokens: 0,
    outside: [],
    usable: [],
    openSessions: 0,
    defects: [],
    verdict: { ok: true, anchored: true },
  });
  expect(day.revoked).toBe(day.leasesRecorded);
  expect(day.tally.of('tasks')).toBe(TASKS);
  // It was a day of work, not of refusals.
  expect(day.tally.of('leases')).toBeGreaterThan(TASKS / 2);
  // Whoever is told to mend something should find something to mend.
  expect([...day.tally.blamed]).toEqual([]);
});
