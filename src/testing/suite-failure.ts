/** A check did not hold. */
export class SuiteFailure extends Error {
  constructor(what: string, cause?: unknown) {
    super(what, cause === undefined ? undefined : { cause });
    this.name = 'SuiteFailure';
  }
}

/** @throws SuiteFailure that says `what`, as a sentence about what is wrong */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new SuiteFailure(what);
}

/** What the work was rejected with. @throws SuiteFailure when it was not */
export async function rejection(work: Promise<unknown>, what: string): Promise<unknown> {
  let error: unknown;
  try {
    await work;
  } catch (thrown) {
    error = thrown;
  }
  must(error !== undefined, what);
  return error;
}
