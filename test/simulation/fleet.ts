import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundleProgram } from '../support/bundled.ts';
import type { PlainConfig } from '../support/plain-config.ts';

const SOURCE = fileURLToPath(new URL('./broker-process.ts', import.meta.url));
/** Lines that no fault outside excuses: an error without a name, a provider that broke its promises. */
const DEFECTS = /"failed"|did not keep to its port/;

/** Broker processes on one store. */
export interface Fleet {
  readonly urls: readonly string[];
  /** `kill -9`, and after a moment another process with the same settings and data directory. */
  killOne(at: number, awayMs: number): Promise<void>;
  /** Lines of the logs that show a defect. */
  readonly defects: readonly string[];
  stop(): Promise<void>;
}

/** @param limits milliseconds that a call may take, shorter than in production: time is compressed */
export async function startFleet(configs: readonly PlainConfig[], limits: object): Promise<Fleet> {
  const program = await bundleProgram(SOURCE);
  const defects: string[] = [];
  const keep = (line: string) => {
    if (DEFECTS.test(line)) defects.push(line);
  };
  const begin = (config: PlainConfig) => startOne(program.file, { config, limits }, keep);
  const running = await Promise.all(configs.map(begin));
  return {
    urls: configs.map(({ http }) => `http://localhost:${http.port}`),
    defects,
    killOne: async (at, awayMs) => {
      const [child, config] = [running[at], configs[at]];
      if (!child || !config) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await sleep(awayMs);
      // Where the store is away, a broker does not start: whoever looks after it tries again.
      for (;;) {
        const next = await begin(config).catch(() => undefined);
        if (next) return void (running[at] = next);
        await sleep(200);
      }
    },
    stop: async () => {
      await Promise.all(running.map(stopOne));
      await program.remove();
    },
  };
}

async function startOne(
  file: string,
  plan: object,
  keep: (line: string) => void,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify(plan)}\n`);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('"ready"')) resolve();
      else keep(line);
    });
    child.once('exit', () => reject(new Error(`a broker did not start: ${said}`)));
  });
  return child;
}

async function stopOne(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.stdin?.end();
  await ended;
}
