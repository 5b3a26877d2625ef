import type { SkippedObject } from '../../../../domain/template.ts';
import { isBrokerError } from '../../../../domain/errors.ts';
import type { AdminSession } from '../../connections.ts';
import { failureCode } from '../../failures.ts';
import type { SourceStatement } from './statements-of.ts';

/** Codes after which no further statement makes sense: the connection, the server or the time is gone. */
const FATAL = /^(08|53|57|58|$)/;

/**
 * Runs statements that may depend on each other in any order: what failed is tried again as long as others
 * succeed. The database is ours alone and unfinished, so each one stands by itself.
 * @returns what could not be made, with the server's reason
 */
export async function runStatements(
  session: AdminSession,
  statements: readonly SourceStatement[],
): Promise<SkippedObject[]> {
  let waiting = [...statements];
  for (;;) {
    const failed: { statement: SourceStatement; why: string }[] = [];
    for (const statement of waiting) {
      try {
        await session.client.query(statement.sql);
      } catch (error) {
        if (isBrokerError(error) || FATAL.test(failureCode(error))) throw error;
        failed.push({ statement, why: reasonOf(error) });
      }
    }
    if (failed.length === 0 || failed.length === waiting.length) {
      return failed.map(({ statement, why }) => ({ what: statement.what, why }));
    }
    waiting = failed.map(({ statement }) => statement);
  }
}

/**
 * The server's words, one line: they name objects, not rows (those stand in `detail`). What quotes a value
 * (class 22: data) is told by its code alone.
 */
function reasonOf(error: unknown): string {
  const code = failureCode(error);
  if (code.startsWith('22') || !(error instanceof Error)) return `the server refused it (${code})`;
  return `${error.message.replace(/[\r\n\t]+/g, ' ').slice(0, 300)} (${code})`;
}
