/** What a command's exit code says; scripts rely on it. */
export const EXIT = {
  done: 0,
  failed: 1,
  usedWrongly: 2,
  denied: 3,
  approvalPending: 4,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with one line, the next step and a code; everything safe to print. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;
  readonly next: string | undefined;

  constructor(message: string, exitCode: ExitCode, next?: string) {
    super(message);
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
    this.next = next;
  }
}

/** The command cannot work the way it was called or set up. */
export function usedWrongly(message: string, next?: string): CommandFailure {
  return new CommandFailure(message, EXIT.usedWrongly, next);
}

/** The command was understood and did not succeed. */
export function failed(message: string, next?: string): CommandFailure {
  return new CommandFailure(message, EXIT.failed, next);
}
