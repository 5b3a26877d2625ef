import type { AuditDraft } from '../audit/entry.ts';
import { conflict } from '../domain/errors.ts';
import type { NoticeDraft } from '../domain/notice.ts';
import type { OperatorRole } from '../domain/principal.ts';
import type { Secret } from '../domain/secret.ts';
import type { Broker } from './context.ts';
import { newSecret } from './one-time-secret.ts';
import { sealed } from './record.ts';

/** Recognisable, so that secret scanners find a leaked one; 256 random bits. */
export const OPERATOR_TOKEN = /^cst_op_[A-Za-z0-9_-]{43}$/;

/** Whoever holds the store's own credentials on this host: not a person, counts for no quorum. */
export const HOST_OPERATOR = 'opr_host';

/**
 * Issues a short-lived operator token. Only for callers that hold the store's credentials: there is
 * no endpoint for it. Once an operator with a passkey exists it takes a reason, and is on record as what
 * it is: a way past the people who could sign in.
 *
 * @throws conflict when a reason is needed and none was given
 */
export async function issueOperatorToken(
  broker: Pick<Broker, 'operatorTokens' | 'newId' | 'personal'>,
  request: { role: OperatorRole; ttlSeconds: number; breakGlass?: string | undefined },
): Promise<{ token: Secret; expiresAt: number; brokenGlass: boolean }> {
  const { secret: token, sha256 } = newSecret('cst_op_');
  const id = broker.newId('operatorToken');
  const { role, ttlSeconds, breakGlass: reason } = request;
  const detail = { role, ttl_seconds: ttlSeconds };
  const entry: AuditDraft = {
    actor: HOST_OPERATOR,
    action: 'operator_token.issued',
    subject: id,
    detail,
  };
  const issued = await broker.operatorTokens.insert(
    { id, sha256, role, ttlSeconds },
    entry,
    reason === undefined
      ? undefined
      : {
          reason,
          notice: breakGlassNotice(broker, id, request.role, reason),
          entry: {
            ...entry,
            action: 'operator_token.break_glass',
            detail: { ...detail, ...(await sealed(broker, HOST_OPERATOR, { reason })) },
          },
        },
  );
  if (!issued) throw conflict('An operator with a passkey exists: sign in at the console.');
  return { token, expiresAt: issued.expiresAt, brokenGlass: issued.broken };
}

function breakGlassNotice(
  broker: Pick<Broker, 'newId'>,
  id: string,
  role: OperatorRole,
  reason: string,
): NoticeDraft {
  return {
    id: broker.newId('notice'),
    kind: 'break_glass.used',
    subject: id,
    title: `Glass broken: an ${role} token was taken on the broker's host`,
    lines: [
      `Reason: ${reason}`,
      'If nobody you know did this, stop everything and look at the host.',
    ],
    path: '/console/',
    to: [],
  };
}
