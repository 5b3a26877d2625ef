import { createHash } from 'node:crypto';
import { idempotencyInProgress, idempotencyMismatch } from '../domain/errors.ts';
import type { IdempotencyScope } from '../ports/idempotency.ts';
import type { Broker } from './context.ts';

/** What a verb that takes an `Idempotency-Key` knows how to do. */
export interface Repeatable<T> {
  /** Makes the record for the first time. */
  make(): Promise<T>;
  /** Answers a repeat; `undefined` when the record is gone, and the request counts as new. */
  repeat(reference: string): Promise<T | undefined>;
  /** The id to remember. */
  referenceOf(made: T): string;
}

/**
 * Runs a request under its `Idempotency-Key`: the same key and body make one record, another body is
 * refused, and of two at once one works.
 *
 * @throws idempotencyMismatch | idempotencyInProgress
 */
export async function idempotent<T>(
  broker: Pick<Broker, 'idempotency'>,
  scope: IdempotencyScope,
  body: unknown,
  verb: Repeatable<T>,
): Promise<T> {
  const sha256 = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const start = await broker.idempotency.begin(scope, sha256);
  if (start.kind === 'mismatch') throw idempotencyMismatch();
  if (start.kind === 'running') throw idempotencyInProgress();
  if (start.kind === 'repeat' && !(await broker.idempotency.reopen(scope, start.reference))) {
    throw idempotencyInProgress();
  }
  try {
    const repeated = start.kind === 'repeat' ? await verb.repeat(start.reference) : undefined;
    const result = repeated ?? (await verb.make());
    await broker.idempotency.finish(scope, verb.referenceOf(result));
    return result;
  } catch (error) {
    await broker.idempotency.abandon(scope).catch(() => undefined);
    throw error;
  }
}
