import type { AuditDraft } from '../audit/entry.ts';
import type { Secret } from '../domain/secret.ts';
import type { RootCredential } from './provider.ts';

/** The next value of a root credential that its resource has been told, or will be. */
export interface PendingRoot extends RootCredential {
  /** Of the provider that changes it. */
  readonly kind: string;
}

/** A secret, and its next value while a rotation of it is unfinished. */
export interface Roots {
  readonly current: RootCredential;
  readonly pending?: PendingRoot;
}

export interface UnfinishedRotation {
  readonly name: string;
  /** Unix milliseconds. */
  readonly startedAt: number;
}

/**
 * Rotations of root credentials in the sealed store.
 *
 * Obligations: the next value is durable before `begin` answers; there is one of a secret at most, and
 * it leaves only by becoming current, by an operator's new value, or by `abandon`.
 */
export interface RootRotations {
  /** @throws secretUnavailable() when no such secret is set */
  roots(name: string): Promise<Roots>;
  /**
   * Seals `next` as pending and claims the rotation.
   * @returns false when one is pending already
   * @throws secretUnavailable()
   */
  begin(
    name: string,
    next: { readonly value: Secret; readonly kind: string },
    claimMs: number,
    entry: (generation: number) => AuditDraft,
  ): Promise<boolean>;
  /** Claims an unfinished rotation; false when somebody works on it, or there is none. */
  claim(name: string, claimMs: number): Promise<boolean>;
  /** The attempt is over without success: anybody may try again after so long. */
  yieldAfter(name: string, ms: number): Promise<void>;
  /** Makes the pending value current. @returns false when it is not there any more */
  complete(name: string, generation: number, entry: AuditDraft): Promise<boolean>;
  /** Forgets the pending value: only where the resource has certainly not taken it. */
  abandon(name: string, generation: number, entry: AuditDraft): Promise<void>;
  unfinished(): Promise<readonly UnfinishedRotation[]>;
}

/** The same at rest. */
export interface RootRotationRows {
  begin(
    name: string,
    kind: string,
    claimMs: number,
    at: (generation: number) => { readonly sealed: string; readonly entry: AuditDraft },
  ): Promise<'begun' | 'pending' | 'unset'>;
  claim(name: string, claimMs: number): Promise<boolean>;
  yieldAfter(name: string, ms: number): Promise<void>;
  complete(name: string, generation: number, entry: AuditDraft): Promise<boolean>;
  abandon(name: string, generation: number, entry: AuditDraft): Promise<void>;
  unfinished(): Promise<readonly UnfinishedRotation[]>;
}
