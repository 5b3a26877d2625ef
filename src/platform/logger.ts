import { type Logger, pino } from 'pino';
import { redactMembers, redactText } from './redact.ts';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * Diagnostics as JSON lines on stderr. Redacts by name of the member, by type (`Secret`, bytes) and,
 * over the finished line, whatever looks like a secret. Bodies and query strings have no place in it.
 *
 * @param options.destination for tests; a stream that takes whole lines
 */
export function createLogger(options: {
  readonly level: LogLevel;
  readonly destination?: { write(line: string): void };
}): Logger {
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (level) => ({ level }),
        log: (members) => ({ ...redactMembers(members) }),
      },
      // Errors were described above, with the rest of the members; pino's own way shows too much.
      serializers: { err: (described: unknown) => described },
      hooks: { streamWrite: redactText },
    },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
}
