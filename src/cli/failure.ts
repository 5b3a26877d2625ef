import { ERRORS } from '../contract/errors.ts';
import { type BrokerError, isBrokerError } from '../domain/errors.ts';
import type { CountersignError } from '../sdk/error.ts';
import { CommandFailure, EXIT, type ExitCode } from './exit-code.ts';
import { operatorTokenAdvice } from './operator-advice.ts';
import type { Output } from './output.ts';
import { printable } from './printable.ts';
import type { Terminal } from './terminal.ts';

/** What went wrong, in the shape `--json` prints and the terminal shows. */
interface Failure {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly detail: string;
  readonly next?: string | undefined;
  readonly hint?: CountersignError['hint'];
  readonly problems?: readonly { file?: string; line?: number; message: string }[] | undefined;
  readonly request_id?: string | undefined;
  /** Where it waits, and what it is collected with, when persons have to approve first. */
  readonly approval?: Readonly<Record<string, unknown>> | undefined;
}

const WORDS: ReadonlyMap<ExitCode, string> = new Map([
  [EXIT.denied, 'denied:'],
  [EXIT.approvalPending, 'pending:'],
]);

/** Prints one or two lines (every problem of a bundle on its own) and says how to exit. */
export function reportFailure(error: unknown, terminal: Terminal, out: Output): ExitCode {
  const failure = describe(error, terminal);
  if (out.json) {
    const { exitCode, ...shown } = failure;
    terminal.stderr.write(`${JSON.stringify({ error: shown })}\n`);
    return exitCode;
  }
  const word = WORDS.get(failure.exitCode) ?? 'error:';
  const lines = [`${out.errorPaint.red(word)} ${printable(failure.detail)}`];
  for (const { file, line, message } of failure.problems ?? []) {
    const place = file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}  `;
    lines.push(printable(`  ${place}${message}`));
  }
  if (failure.next) lines.push(`${out.errorPaint.dim('next:')} ${printable(failure.next)}`);
  terminal.stderr.write(`${lines.join('\n')}\n`);
  return failure.exitCode;
}

function describe(error: unknown, terminal: Terminal): Failure {
  if (error instanceof CommandFailure) {
    const code = error.exitCode === EXIT.usedWrongly ? 'used_wrongly' : 'failed';
    return { exitCode: error.exitCode, code, detail: error.message, next: error.next };
  }
  if (isCountersignError(error)) return fromAnswer(error, terminal);
  if (isBrokerError(error)) return fromHere(error);
  const detail = error instanceof Error ? error.message : String(error);
  return { exitCode: EXIT.failed, code: 'failed', detail };
}

/** By name, so that a command that calls nobody needn't load the SDK. */
function isCountersignError(error: unknown): error is CountersignError {
  return error instanceof Error && error.name === 'CountersignError';
}

function fromAnswer(error: CountersignError, terminal: Terminal): Failure {
  const rule = error.hint?.rule;
  // The rule that decided, or the nearest one where none did.
  const named = rule && !error.detail.includes(rule) ? ` (see rule ${rule})` : '';
  return {
    exitCode: exitCodeOf(error.code),
    code: error.code,
    detail: `${error.detail}${named}`,
    next: nextStep(error, terminal),
    hint: error.hint,
    problems: error.problem?.problems?.map(({ file, line, message }) => ({
      message,
      ...(file === undefined ? {} : { file }),
      ...(line === undefined ? {} : { line }),
    })),
    request_id: error.requestId,
    ...(isPending(error) ? { approval: error.members } : {}),
  };
}

const isPending = (error: CountersignError) => error.code === 'approval_required';

/** Somebody is asked: where, and how the agent goes on once they have answered. */
function waitingStep({ members }: CountersignError): string {
  const [detail] = (members['authorization_details'] ?? []) as { task_id?: string }[];
  const task = detail?.task_id === undefined ? '' : ` with --task ${detail.task_id}`;
  return `People answer at ${String(members['approval_uri'])}. Repeat this${task} once they have, or add --wait 10m.`;
}

function fromHere(error: BrokerError): Failure {
  const next = error.meta.hint?.how ?? nextOf(error.code);
  const { problems } = error.meta;
  return {
    exitCode: exitCodeOf(error.code),
    code: error.code,
    detail: error.detail,
    next,
    problems,
  };
}

function exitCodeOf(code: string): ExitCode {
  if (code === 'approval_required') return EXIT.approvalPending;
  return shapeOf(code)?.status === 403 ? EXIT.denied : EXIT.failed;
}

/** What the table of errors says to do next, in the words of the command line. */
function nextOf(code: string): string | undefined {
  if (code === 'bundle_invalid') return 'Correct the files, then: countersign policy check';
  return shapeOf(code)?.next;
}

function shapeOf(code: string) {
  return Object.hasOwn(ERRORS, code) ? ERRORS[code as keyof typeof ERRORS] : undefined;
}

function nextStep(error: CountersignError, terminal: Terminal): string | undefined {
  const { operatorTokenFile, url } = terminal.environment;
  if (error.code === 'unreachable' || error.code === 'timeout') {
    return `Start a broker with "countersign dev", or set COUNTERSIGN_URL (now ${url}).`;
  }
  if (/^(invalid_token|unauthenticated)$/.test(error.code) && operatorTokenFile) {
    return operatorTokenAdvice(terminal.environment);
  }
  if (isPending(error) && 'approval_uri' in error.members) return waitingStep(error);
  const { how, alternatives } = error.hint ?? {};
  const ask = alternatives?.length ? `You may ask for ${alternatives.join(', ')}.` : undefined;
  if (ask ?? how) return [ask, how].filter(Boolean).join(' ');
  const next = nextOf(error.code);
  return error.code === 'internal' && error.requestId ? `Quote ${error.requestId}. ${next}` : next;
}
