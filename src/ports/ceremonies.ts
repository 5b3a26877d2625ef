import type { JsonValue } from '../domain/strict-json.ts';

export type CeremonyKind = 'sign_in' | 'step_up' | 'registration' | 'link' | 'sso';

/** A challenge that was handed out, and what it is good for. */
export interface Ceremony {
  readonly id: string;
  readonly kind: CeremonyKind;
  /** The session, browser or link it was begun in. */
  readonly binding: string;
  /** base64url. */
  readonly challenge: string;
  readonly payload: { readonly [name: string]: JsonValue };
}

export interface CeremonyStore {
  begin(ceremony: Ceremony, ttlSeconds: number): Promise<{ readonly expiresAt: number }>;
  /**
   * The ceremony, once: whoever takes it first has it, whichever process asked. One of another kind, or
   * begun elsewhere, is not found and stays.
   */
  take(id: string, kind: CeremonyKind, binding: string): Promise<Ceremony | undefined>;
}
