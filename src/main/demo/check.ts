/** What one step says while it runs; every fact must hold. */
export interface Check {
  /**
   * A fact of the story.
   * @param found what was there instead, where that says more
   * @throws FactFailed when it does not hold
   */
  that(held: boolean, fact: string, found?: string): void;
  /**
   * Something to look at: a few rows, some SQL.
   * @param most lines that people see of it
   */
  show(lines: readonly string[], most?: number): void;
}

/** A fact that should have held and did not. */
export class FactFailed extends Error {
  constructor(fact: string, found?: string) {
    super(found === undefined ? fact : `${fact} (found: ${found})`);
    this.name = 'FactFailed';
  }
}

/** Why something was refused: an SQLSTATE, or a code of `docs/errors.md`. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly error: unknown;
}

/** Runs what must be refused. @throws FactFailed when it was not, or failed for want of an answer */
export async function refusal(what: string, work: Promise<unknown>): Promise<Refusal> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    const message = 'detail' in error && isApiError(error) ? String(error.detail) : error.message;
    return { code: String(error.code), message, error };
  }
  throw new FactFailed(`${what} is refused`, 'it worked');
}

/** `what` must be refused by PostgreSQL with 42501, insufficient_privilege, and nothing else. */
export async function withoutPrivilege(
  check: Check,
  what: string,
  work: Promise<unknown>,
): Promise<void> {
  const { code, message } = await refusal(what, work);
  check.that(code === '42501', `${what.padEnd(28)}  42501  ${message}`, `${code} ${message}`);
}

/** The SDK's errors carry their code in front of the message as well. */
function isApiError(error: Error): boolean {
  return error.name === 'CountersignError';
}
