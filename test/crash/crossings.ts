import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Pool } from 'undici';
import type { Overrides } from '../../src/main/compose.ts';

type Method = (...args: unknown[]) => unknown;

/** A provider's one call is many statements: those that change something are points as well. */
const CHANGE =
  /\b(BEGIN|COMMIT|CREATE DATABASE|ALTER DATABASE|DROP DATABASE|REVOKE ALL ON DATABASE|CREATE ROLE|ALTER ROLE|DROP ROLE|pg_terminate_backend)\b/;

/** Records the points before and after each call that leaves the broker, and tells each as it is crossed. */
export class Crossings {
  readonly #onPoint: (point: string) => void;
  #points: string[] = [];
  readonly #counts = new Map<string, number>();
  #recording = false;
  #running = 0;

  constructor(onPoint: (point: string) => void) {
    this.#onPoint = onPoint;
  }

  /** Runs `work`, waits for what it left running, and returns the points that were crossed. */
  async during(work: () => Promise<unknown>): Promise<readonly string[]> {
    this.#points = [];
    this.#counts.clear();
    this.#recording = true;
    try {
      await work();
      while (this.#running > 0) await sleep(25);
    } finally {
      this.#recording = false;
    }
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

  /** For `compose`: every port of the store, and every provider. */
  overrides(): Pick<Overrides, 'ports' | 'providers'> {
    return {
      ports: (ports) => this.watchAll(ports),
      providers: (all) =>
        new Map([...all].map(([kind, provider]) => [kind, this.watch('provider', provider)])),
    };
  }

  /** Statements that change something, on connections to a resource. */
  watchResources(isResource: (client: pg.Client) => boolean): void {
    const prototype = pg.Client.prototype as unknown as { query: Method };
    const { query } = prototype;
    const pass = this.#pass.bind(this);
    prototype.query = function statement(this: pg.Client, ...args: unknown[]) {
      const run = () => query.apply(this, args);
      const [change] = CHANGE.exec(typeof args[0] === 'string' ? args[0] : '') ?? [];
      if (change === undefined || !isResource(this)) return run();
      return pass(`resource: ${change}`, run);
    };
  }

  /** Every call of Vault; how often its token is looked at is chance. */
  watchVault(): void {
    const prototype = Pool.prototype as unknown as { request: Method };
    const { request } = prototype;
    const pass = this.#pass.bind(this);
    prototype.request = function call(this: Pool, ...args: unknown[]) {
      const { method, path } = args[0] as { method: string; path: string };
      const run = () => request.apply(this, args);
      return path.endsWith('/lookup-self') ? run() : pass(`vault: ${method} ${path}`, run);
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
    this.#onPoint(point);
  }
}
