import { createHash, randomBytes } from 'node:crypto';
import type { OperatorRole } from '../domain/principal.ts';
import { Secret } from '../domain/secret.ts';
import type { Broker } from './context.ts';

/** Recognisable, so that secret scanners find a leaked one; 256 random bits. */
export const OPERATOR_TOKEN = /^cst_op_[A-Za-z0-9_-]{43}$/;

/** Whoever holds the store's own credentials on this host: not a person, counts for no quorum. */
export const HOST_OPERATOR = 'opr_host';

/**
 * Issues a short-lived operator token. Only for callers that hold the store's credentials: there is
 * no endpoint for it.
 */
export async function issueOperatorToken(
  broker: Pick<Broker, 'operatorTokens' | 'newId'>,
  request: { role: OperatorRole; ttlSeconds: number },
): Promise<{ token: Secret; expiresAt: number }> {
  const token = new Secret(`cst_op_${randomBytes(32).toString('base64url')}`);
  const id = broker.newId('operatorToken');
  const { expiresAt } = await broker.operatorTokens.insert(
    {
      id,
      sha256: createHash('sha256').update(token.reveal()).digest(),
      role: request.role,
      ttlSeconds: request.ttlSeconds,
    },
    {
      actor: HOST_OPERATOR,
      action: 'operator_token.issued',
      subject: id,
      detail: { role: request.role, ttl_seconds: request.ttlSeconds },
    },
  );
  return { token, expiresAt };
}
