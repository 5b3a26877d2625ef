import type { AuditDraft } from '../audit/entry.ts';

/** Moves boxes from one master key to another without opening what is in them. */
export interface Rewrapper {
  /** Every master key that boxes may be opened with. */
  readonly keyIds: readonly string[];
  /** Seals under this key from now on. @returns false when it is none of ours */
  sealUnder(keyId: string): boolean;
  /** The same box under the key that seals now. @throws internal() when it does not open */
  rewrap(context: string, box: string): string;
}

/** A sealed value at rest, wherever it lies. */
export interface SealedRow {
  /** What the box is bound to, such as `secret:orders-db/admin-url:3`. */
  readonly context: string;
  readonly box: string;
}

/** Which master key the store is sealed under. */
export interface MasterKeyState {
  /** Undefined before the first broker has started. */
  readonly keyId: string | undefined;
  /** Unix milliseconds since when. */
  readonly since: number;
  /** Every box has been wrapped anew. */
  readonly settled: boolean;
}

/** Everything sealed in the store, for a change of master key. */
export interface SealedRows {
  masterKey(): Promise<MasterKeyState>;
  /** Names the first key; does nothing when one is named already. */
  adopt(keyId: string): Promise<void>;
  /** From here on only boxes under `keyId` can be stored. @returns false when that was so already */
  switchTo(keyId: string, entry: (from: string | undefined) => AuditDraft): Promise<boolean>;
  /** Up to `limit` boxes under other keys, in the order of their contexts, after `after`. */
  page(keyId: string, after: string, limit: number): Promise<readonly SealedRow[]>;
  /** Puts new boxes where the old ones still are, in one transaction. @returns how many were */
  replace(rows: readonly (SealedRow & { readonly next: string })[]): Promise<number>;
  /** How many boxes are under other keys than this. */
  countOthers(keyId: string): Promise<number>;
  /** Marks the rotation as finished. */
  settle(keyId: string, entry: AuditDraft): Promise<void>;
}
