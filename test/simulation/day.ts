import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { createAgentSession } from '../../src/sdk/agent-session.ts';
import { createClient } from '../../src/sdk/client.ts';
import type { VaultWorld } from '../support/vault/worlds.ts';
import type { ScopeId } from './bundle.ts';
import { Chance } from './chance.ts';
import { type Evening, endOfDay } from './evening.ts';
import { makeTrouble } from './faults.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { type DayGround, openDay } from './ground.ts';
import { unknownOutside } from './outside.ts';
import { Tally } from './tally.ts';
import { type Life, liveTask } from './task.ts';

export interface DayOptions {
  readonly tasks: number;
  readonly seed: number;
  /** Agents at work at the same time. */
  readonly atOnce: number;
  /** Faults at the same time. */
  readonly troubles: number;
  readonly vault: VaultWorld;
  /** Told now and then. */
  readonly onProgress?: (text: string) => void;
}

/**
 * Milliseconds a call may take, a third of what production has: the rest of time is compressed as well.
 * The feed may be older than there: a slow machine is no line that was cut.
 */
const LIMITS = { issueTimeoutMs: 5_000, revokeTimeoutMs: 7_000, feedMaxAgeMs: 6_000 };
const LOOK_EVERY_MS = 2_000;

/** What a day came to. */
export interface Day extends Evening {
  /** Names seen outside that the store did not know, at any look during the day. */
  readonly unknown: readonly string[];
  /** Lines of the brokers' logs that no fault excuses. */
  readonly defects: readonly string[];
  readonly tally: Tally;
  readonly summary: string;
}

/** Lives through a whole day: tasks against two broker processes while everything around them fails. */
export async function simulateDay(options: DayOptions): Promise<Day> {
  const ground = await openDay(options.vault);
  const fleet = await startFleet(ground.configs, LIMITS);
  const startedAt = performance.now();
  try {
    const { tally, unknown, sessions, handedOut } = await traffic(ground, fleet, options);
    const evening = await endOfDay(ground, fleet, { sessions, handedOut });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    const counted = `${tally.text()}, ${evening.leasesRecorded} leases recorded, ${evening.revoked} revocations proved`;
    const summary = `simulated day: seed ${options.seed}, ${options.vault.name}: ${counted}, ${seconds} s`;
    return { ...evening, unknown: [...unknown], defects: fleet.defects, tally, summary };
  } finally {
    await fleet.stop();
    await ground.close();
  }
}

async function traffic(ground: DayGround, fleet: Fleet, options: DayOptions) {
  const { seed, tasks } = options;
  const tally = new Tally();
  const unknown = new Set<string>();
  const sessions: pg.Client[] = [];
  const handedOut = new Map<string, ScopeId>();
  const speak = speakersOf(ground, fleet);
  const lives = (nth: number): Life => ({
    chance: Chance.of(seed, nth),
    tally,
    ...speak(nth),
    handedOut: (scope, username) => void handedOut.set(username, scope),
    leftOpen: (session) => void sessions.push(session),
  });
  const chance = new Chance(seed);
  const trouble = makeTrouble(ground, fleet, { chance, tally, atOnce: options.troubles });
  let next = 0;
  const lane = async () => {
    while (next < tasks) await liveTask(lives(next++));
  };
  const over = new AbortController();
  const watch = async () => {
    for (let looks = 1; !over.signal.aborted; looks += 1) {
      for (const name of await unknownOutside(ground)) unknown.add(name);
      if (looks % 15 === 0) options.onProgress?.(`${next} of ${tasks}: ${tally.text()}`);
      await sleep(LOOK_EVERY_MS);
    }
  };
  const watching = watch();
  await Promise.all(Array.from({ length: options.atOnce }, lane));
  over.abort();
  await Promise.all([trouble.stop(), watching]);
  return { tally, unknown, sessions, handedOut };
}

/** Each agent and the admin, as they speak to every broker. */
function speakersOf(ground: DayGround, fleet: Fleet) {
  const admins = fleet.urls.map((url) =>
    createClient({ url, operatorToken: ground.operatorToken }),
  );
  const agents = ground.agents.map(({ id, privateJwk }) =>
    fleet.urls.map((url) => createAgentSession({ url, agentId: id, privateKey: privateJwk })),
  );
  return (nth: number) => ({ sessions: agents[nth % agents.length] ?? [], admins });
}
