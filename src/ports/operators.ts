import type { AuditDraft } from '../audit/entry.ts';
import type { NoticeDraft } from '../domain/notice.ts';
import type { Operator } from '../domain/operator.ts';
import type { Inviter } from '../domain/quorum.ts';
import type { OperatorRole } from '../domain/principal.ts';
import type { Page } from './page.ts';

/** What a removal or a change of role did, and entries the audit could not take. */
export type OperatorChange =
  | {
      readonly kind: 'done';
      readonly operator: Operator;
      readonly unrecorded: readonly AuditDraft[];
    }
  /** There is no such operator, or no longer. */
  | { readonly kind: 'unknown' }
  /** Nobody who may administer could sign in any more. */
  | { readonly kind: 'last_admin' };

export interface Invitation {
  readonly id: string;
  readonly sha256: Buffer;
  readonly ttlSeconds: number;
}

/** An operator as the active ones are listed, with what he can sign in by. */
export type OperatorWithPasskeys = Operator & {
  /** Live ones. */
  readonly passkeys: number;
  /** Until when an invitation is open. */
  readonly invitedUntil?: number;
};

/**
 * Operators at rest. Whatever takes something away is a narrowing: possible even when the audit cannot
 * take the entry. Changes of operators and passkeys wait for each other, so that two of them cannot
 * take the last admin away together.
 */
export interface OperatorStore {
  find(id: string): Promise<OperatorWithPasskeys | undefined>;
  /** Newest first; without those removed unless asked for. */
  list(page: Page & { readonly removed?: boolean }): Promise<OperatorWithPasskeys[]>;
  /** @throws conflict when an operator has this e-mail */
  invite(
    operator: Pick<Operator, 'id' | 'name' | 'email' | 'role'> & { readonly invitedBy: string },
    invitation: Invitation,
    /** Every admin is told. */
    notice: NoticeDraft,
    entry: AuditDraft,
  ): Promise<{ readonly expiresAt: number }>;
  /**
   * @param change with the notice for every admin
   * @param entry told the role before
   * @param approvalId of the approval that it uses up, where one is needed @throws approvalOver
   */
  setRole(
    change: { readonly id: string; readonly role: OperatorRole; readonly notice: NoticeDraft },
    entry: (before: OperatorRole) => AuditDraft,
    approvalId?: string,
  ): Promise<OperatorChange>;
  /** Ends sessions, links and passkeys with it. @param entries told which passkeys ended */
  remove(
    id: string,
    entries: (passkeys: readonly string[]) => readonly AuditDraft[],
  ): Promise<OperatorChange>;
  /** Everybody who is active: for groups and quorums. */
  active(): Promise<OperatorWithPasskeys[]>;
  /** Everybody who ever invited somebody, by id; those removed too. */
  inviters(): Promise<ReadonlyMap<string, Inviter>>;
}
