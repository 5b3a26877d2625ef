import { text } from 'node:stream/consumers';
import { type RequestPlan, requestsOf } from './requests.ts';
import { type LoadResult, runLoad } from './run.ts';

/** What the load process reads from stdin (keys are in it, so never argv). */
export interface LoadJob {
  readonly plan: RequestPlan;
  readonly concurrency: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** Upper bound on requests prepared for a warm-up: beyond any server measured here. */
const WARM_UP_RATE = 8000;
/** More requests than the warm-up's rate would use, since a warm server is faster. */
const MARGIN = 1.5;

async function main(): Promise<LoadResult> {
  const job = JSON.parse(await text(process.stdin)) as LoadJob;
  const target = { host: job.plan.host, port: job.plan.port, concurrency: job.concurrency };
  const request = requestsOf(job.plan);
  const prepare = (count: number) => Array.from({ length: Math.ceil(count) }, request);
  const warmUp = await runLoad(
    target,
    prepare(WARM_UP_RATE * job.warmUpSeconds),
    job.warmUpSeconds,
  );
  const expected = Math.max(warmUp.rate, 200) * job.seconds * MARGIN;
  return runLoad(target, prepare(expected + job.concurrency), job.seconds);
}

process.stdout.write(JSON.stringify(await main()));
