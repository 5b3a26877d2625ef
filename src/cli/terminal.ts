import type { Readable } from 'node:stream';
import type { CliEnvironment } from '../main/cli-environment.ts';

/** A stream that may be a terminal. */
export interface TextStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Everything a command touches outside itself, so that tests give their own. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly environment: CliEnvironment;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly fetch: typeof fetch;
}

/** May colours be written to that stream? Only to a terminal that can show them. */
export function hasColor(terminal: Terminal, stream: TextStream): boolean {
  return stream.isTTY === true && !terminal.environment.noColor;
}
