import { canonicalJson } from '../audit/canonical.ts';
import type { JsonObject } from '../domain/approval.ts';
import { internal } from '../domain/errors.ts';
import type { ExactOperation, ExactStatement } from '../domain/operation.ts';
import type { Broker } from './context.ts';
import { digestOf } from './request-approval.ts';

/** What is signed, as JSON: members that are absent leave no trace. */
export function asJson({ statements, ...rest }: ExactOperation): JsonObject {
  return {
    ...rest,
    statements: statements.map(({ sql, params, rows }) => ({
      sql,
      params: [...params],
      ...(rows === undefined ? {} : { rows }),
    })),
  };
}

/** SHA-256 over its RFC 8785 form, hex: the `operation_digest` of its approval. */
export function digestOfExact(exact: ExactOperation): string {
  return digestOf(asJson(exact)).digest;
}

const context = (id: string) => `operation:${id}`;

export function sealExact(
  { sealer }: Pick<Broker, 'sealer'>,
  id: string,
  exact: ExactOperation,
): string {
  return sealer.seal(context(id), Buffer.from(canonicalJson(asJson(exact))));
}

/** @throws internal when what lies there is not what the digest says */
export function openExact(
  { sealer }: Pick<Broker, 'sealer'>,
  { id, digest }: { readonly id: string; readonly digest: string },
  box: string,
): ExactOperation {
  const exact = JSON.parse(sealer.open(context(id), box).toString()) as ExactOperation;
  if (digestOfExact(exact) !== digest)
    throw internal('a sealed operation is not the one on record');
  return exact;
}

/** The statement and its values, line by line, as a person reads them: never cut, never normalised. */
export function planOf(statements: readonly ExactStatement[]): string[] {
  return statements.flatMap(({ sql, params }) => [
    sql,
    ...params.map((value, at) => `$${at + 1} = ${JSON.stringify(value)}`),
  ]);
}
