import type { AuditDraft } from '../audit/entry.ts';
import type { OperatorRole } from '../domain/principal.ts';

/** Short-lived operator tokens; only their SHA-256 is kept. */
export interface OperatorTokenStore {
  insert(
    token: { id: string; sha256: Buffer; role: OperatorRole; ttlSeconds: number },
    entry: AuditDraft,
  ): Promise<{ expiresAt: number }>;
  /** @returns the role when the token is known and has not expired */
  find(sha256: Buffer): Promise<OperatorRole | undefined>;
}
