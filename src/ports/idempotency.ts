export interface IdempotencyScope {
  readonly principal: string;
  readonly operation: string;
  readonly key: string;
}

export type IdempotencyStart =
  | { readonly kind: 'new' }
  | { readonly kind: 'repeat'; readonly reference: string }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'running' };

/** Remembers for a day what an `Idempotency-Key` made. */
export interface IdempotencyStore {
  /** Two at once: one gets `new`, the other `running`. A crashed `running` is free again after 60 s. */
  begin(scope: IdempotencyScope, bodySha256: string): Promise<IdempotencyStart>;
  /** Takes a finished key back to running, for a repeat that makes a new record. */
  reopen(scope: IdempotencyScope, reference: string): Promise<boolean>;
  finish(scope: IdempotencyScope, reference: string): Promise<void>;
  abandon(scope: IdempotencyScope): Promise<void>;
}
