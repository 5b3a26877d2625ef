import { PassThrough, Readable } from 'node:stream';
import { run } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import type { CliEnvironment } from '../../src/main/cli-environment.ts';

/** Monday 5 January 2026, noon UTC. */
export const NOON = Date.parse('2026-01-05T12:00:00Z');

const ENVIRONMENT: CliEnvironment = {
  url: 'http://localhost:7300',
  issuer: undefined,
  operatorTokenFile: undefined,
  agentId: undefined,
  agentKeyFile: undefined,
  policies: './policies',
  storeIsHere: false,
  noColor: false,
};

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Setting {
  readonly environment?: Partial<CliEnvironment>;
  readonly stdin?: string;
  /** Both outputs are terminals of so many columns. */
  readonly columns?: number;
  readonly fetch?: typeof fetch;
  /** Noon unless said. */
  readonly now?: () => number;
}

/** Runs a command line in this process on a terminal made of strings. */
export async function runCli(argv: readonly string[], setting: Setting = {}): Promise<Ran> {
  const [stdout, stderr] = [collector(setting.columns), collector(setting.columns)];
  const terminal: Terminal = {
    stdin: Readable.from([Buffer.from(setting.stdin ?? '')]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    environment: { ...ENVIRONMENT, ...setting.environment },
    now: setting.now ?? (() => NOON),
    fetch: setting.fetch ?? (() => Promise.reject(new TypeError('no network here'))),
  };
  const code = await run(argv, terminal);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collector(columns: number | undefined) {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const tty = columns === undefined ? {} : { isTTY: true, columns };
  return { stream: Object.assign(stream, tty), text: () => Buffer.concat(chunks).toString('utf8') };
}
