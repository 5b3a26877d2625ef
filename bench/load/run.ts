import { percentile } from '../report.ts';
import { Connection } from './connection.ts';

export interface LoadTarget {
  readonly host: string;
  readonly port: number;
  readonly concurrency: number;
}

/** What a run of load found. Times are milliseconds; `rate` counts answers with status 200 only. */
export interface LoadResult {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
  /** Answers by status; `broken` counts connections that failed. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Body of the first answer that was not 200. */
  readonly firstRefusal?: string;
}

/**
 * Fires the prepared requests over `concurrency` keep-alive connections until they are used up or
 * `seconds` have passed. Connections are opened before the clock starts.
 */
export async function runLoad(
  target: LoadTarget,
  requests: readonly Buffer[],
  seconds: number,
): Promise<LoadResult> {
  const open = () => Connection.open(target.host, target.port);
  const connections = await Promise.all(Array.from({ length: target.concurrency }, open));
  const times: number[] = [];
  const statuses: Record<string, number> = {};
  let firstRefusal: string | undefined;
  let next = 0;
  const start = performance.now();
  const end = start + seconds * 1000;
  let last = start;

  async function worker(first: Connection): Promise<void> {
    let connection = first;
    for (let now = start; now < end; ) {
      const request = requests[next++];
      if (request === undefined) break;
      try {
        const answer = await connection.send(request);
        now = performance.now();
        last = now;
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        if (answer.status === 200) times.push(answer.ms);
        else firstRefusal ??= answer.body;
      } catch {
        statuses['broken'] = (statuses['broken'] ?? 0) + 1;
        connection = await open();
        now = performance.now();
      }
    }
    connection.close();
  }

  await Promise.all(connections.map(worker));
  return {
    rate: times.length / ((last - start) / 1000),
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    count: times.length,
    statuses,
    ...(firstRefusal === undefined ? {} : { firstRefusal }),
  };
}
