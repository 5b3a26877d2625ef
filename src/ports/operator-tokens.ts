import type { AuditDraft } from '../audit/entry.ts';
import type { NoticeDraft } from '../domain/notice.ts';
import type { OperatorRole } from '../domain/principal.ts';

/** A token taken although somebody could have signed in. */
export interface BreakGlass {
  readonly reason: string;
  readonly at: number;
}

/** Short-lived operator tokens; only their SHA-256 is kept. */
export interface OperatorTokenStore {
  /**
   * @param breakGlass why it is needed although an operator with a passkey exists
   * @returns undefined when one exists and no reason was given
   */
  insert(
    token: { id: string; sha256: Buffer; role: OperatorRole; ttlSeconds: number },
    entry: AuditDraft,
    breakGlass?: {
      readonly reason: string;
      readonly entry: AuditDraft;
      /** Goes to every admin. */
      readonly notice: NoticeDraft;
    },
  ): Promise<{ expiresAt: number; broken: boolean } | undefined>;
  /** @returns the role when the token is known and has not expired */
  find(sha256: Buffer): Promise<OperatorRole | undefined>;
  /** The last one taken within a day. */
  lastBreakGlass(): Promise<BreakGlass | undefined>;
}
