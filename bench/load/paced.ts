import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './connection.ts';
import type { LoadTarget } from './run.ts';

/**
 * Sends the requests at a steady pace, whether or not earlier ones were answered, until told to stop
 * or used up: callers who do not wait for each other.
 *
 * @returns milliseconds of each answer with status 200
 * @throws when a connection breaks or an answer is another
 */
export async function runPaced(
  target: LoadTarget,
  requests: readonly Buffer[],
  perSecond: number,
  stopped: () => boolean,
): Promise<number[]> {
  const open = () => Connection.open(target.host, target.port);
  const free = await Promise.all(Array.from({ length: target.concurrency }, open));
  const times: number[] = [];
  const running = new Set<Promise<void>>();
  const start = performance.now();
  for (const [index, request] of requests.entries()) {
    if (stopped()) break;
    const due = start + (index * 1000) / perSecond;
    const early = due - performance.now();
    if (early > 0) await sleep(early);
    // A request that has to wait for a connection waits on the clock of its caller.
    while (free.length === 0) await Promise.race(running);
    // In turn, so that none is idle for so long that the server closes it.
    const connection = free.shift();
    if (!connection) throw new Error('no connection');
    const since = Math.min(due, performance.now());
    const one = connection.send(request).then(({ status, body }) => {
      if (status !== 200) throw new Error(`${status} ${body}`);
      times.push(performance.now() - Math.max(since, start));
      free.push(connection);
      running.delete(one);
    });
    running.add(one);
  }
  await Promise.all(running);
  for (const connection of free) connection.close();
  return times;
}
