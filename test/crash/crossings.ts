import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

type Method = (...args: unknown[]) => unknown;

/** A provider's one call is many statements: those that change something are points as well. */
const CHANGE =
  /\b(BEGIN|COMMIT|CREATE DATABASE|ALTER DATABASE|DROP DATABASE|REVOKE ALL ON DATABASE|CREATE ROLE|ALTER ROLE|DROP ROLE|pg_terminate_backend)\b/;

/** Records the points before and after each call that leaves the broker, and dies at one of them. */
export class Crossings {
  readonly #killAt: string | undefined;
  readonly #points: string[] = [];
  readonly #counts = new Map<string, number>();
  #recording = false;
  #running = 0;

  constructor(killAt: string | undefined) {
    this.#killAt = killAt;
  }

  /** Runs `work`, waits for what it left running, and returns the points that were crossed. */
  async during(work: () => Promise<unknown>): Promise<readonly string[]> {
    this.#recording = true;
    await work();
    while (this.#running > 0) await sleep(25);
    this.#recording = false;
    return this.#points;
  }

  /** Starts a call that is no point. */
  unwatched<T>(call: () => T): T {
    const before = this.#recording;
    this.#recording = false;
    try {
      return call();
    } finally {
      this.#recording = before;
    }
  }

  watchAll<T extends object>(ports: T): T {
    const watched = Object.entries(ports).map(([name, port]) => [
      name,
      this.watch(name, port as object),
    ]);
    return Object.fromEntries(watched) as T;
  }

  watch<T extends object>(name: string, target: T): T {
    return new Proxy(target, {
      get: (object, key) => {
        const value: unknown = Reflect.get(object, key);
        if (typeof value !== 'function') return value;
        const method = value as Method;
        return (...args: unknown[]) =>
          this.#pass(`${name}.${String(key)}`, () => method.apply(object, args));
      },
    });
  }

  watchResources(storeDatabase: string): void {
    const prototype = pg.Client.prototype as unknown as { query: Method };
    const { query } = prototype;
    const pass = this.#pass.bind(this);
    prototype.query = function statement(this: pg.Client, ...args: unknown[]) {
      const run = () => query.apply(this, args);
      const [change] = CHANGE.exec(typeof args[0] === 'string' ? args[0] : '') ?? [];
      if (change === undefined || this.database === storeDatabase) return run();
      return pass(`resource: ${change}`, run);
    };
  }

  #pass(name: string, run: () => unknown): unknown {
    if (!this.#recording) return run();
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    this.#cross(`before ${name} ${count}`);
    const result = run();
    const after = () => this.#cross(`after ${name} ${count}`);
    if (!(result instanceof Promise)) {
      after();
      return result;
    }
    this.#running += 1;
    return result.finally(() => {
      after();
      this.#running -= 1;
    });
  }

  #cross(point: string): void {
    this.#points.push(point);
    if (point === this.#killAt) process.kill(process.pid, 'SIGKILL');
  }
}
