import type { LoadJob } from './load/process.ts';
import type { LoadResult } from './load/run.ts';
import { load } from './load.ts';
import { median, note } from './report.ts';

/** How long and how often things are measured. */
export interface Pace {
  readonly rounds: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Samples of what is measured one at a time: logins, leases, revocations. */
  readonly samples: number;
}

export const FULL: Pace = { rounds: 3, warmUpSeconds: 2, seconds: 5, samples: 100 };
export const QUICK: Pace = { rounds: 2, warmUpSeconds: 1, seconds: 2, samples: 30 };

/** A server under load, by the name that is printed. */
export interface Contestant {
  readonly name: string;
  readonly job: Omit<LoadJob, 'warmUpSeconds' | 'seconds'>;
}

/** Medians over the rounds: requests per second, milliseconds. */
export interface Standing {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
}

/**
 * Loads the contestants in turn, round after round, so that a slow minute of a shared machine falls
 * on all of them; answers their medians in the given order.
 */
export async function interleave(
  what: string,
  contestants: readonly Contestant[],
  pace: Pace,
): Promise<readonly Standing[]> {
  const results = contestants.map((): LoadResult[] => []);
  for (let round = 1; round <= pace.rounds; round += 1) {
    for (const [index, { name, job }] of contestants.entries()) {
      const { warmUpSeconds, seconds } = pace;
      const result = await load({ ...job, warmUpSeconds, seconds });
      results[index]?.push(result);
      note(`  ${what} ${round}/${pace.rounds} ${name.padEnd(12)} ${describe(result)}`);
    }
  }
  return results.map((rounds) => ({
    rate: median(rounds.map(({ rate }) => rate)),
    p50: median(rounds.map(({ p50 }) => p50)),
    p99: median(rounds.map(({ p99 }) => p99)),
  }));
}

function describe(result: LoadResult): string {
  const { rate, p50, p99, statuses, firstRefusal } = result;
  const others = Object.keys(statuses).some((status) => status !== '200');
  const odd = others ? ` ${JSON.stringify(statuses)} ${firstRefusal ?? ''}` : '';
  return `${rate.toFixed(0).padStart(6)}/s  p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms${odd}`;
}
