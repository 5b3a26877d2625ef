import { randomBytes } from 'node:crypto';
import type { JsonValue } from '../domain/strict-json.ts';
import type { CeremonyKind } from '../ports/ceremonies.ts';
import type { Broker } from './context.ts';

/** Seconds a person has to answer a challenge. */
const CEREMONY_SECONDS = 300;
const CHALLENGE_BYTES = 32;

/**
 * Hands out a challenge: single use, of that kind only, and answered only from where it was begun
 * (row WA1). It is kept in the store, so that any broker process may take the answer, and only one does.
 */
export async function beginCeremony(
  broker: Pick<Broker, 'ceremonies' | 'newId'>,
  kind: CeremonyKind,
  binding: string,
  payload: { readonly [name: string]: JsonValue } = {},
): Promise<{ readonly id: string; readonly challenge: string }> {
  const id = broker.newId('ceremony');
  const challenge = randomBytes(CHALLENGE_BYTES).toString('base64url');
  await broker.ceremonies.begin({ id, kind, binding, challenge, payload }, CEREMONY_SECONDS);
  return { id, challenge };
}
