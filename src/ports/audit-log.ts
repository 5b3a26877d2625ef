import type { AuditDraft, AuditEntry, AuditHead } from '../audit/entry.ts';

export interface AuditFilter {
  readonly limit: number;
  readonly beforeSeq?: number | undefined;
  readonly subject?: string | undefined;
  readonly actor?: string | undefined;
  /** A whole action, or the noun of several. */
  readonly action?: string | undefined;
  /** RFC 3339; not before, and before. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** The chain at rest: append and read, nothing else. */
export interface AuditLog {
  append(drafts: readonly AuditDraft[]): Promise<AuditHead>;
  head(): Promise<AuditHead>;
  list(filter: AuditFilter): Promise<AuditEntry[]>;
  /** Entries from `fromSeq` to `lastSeq`, both included, in pages. */
  read(fromSeq: number, lastSeq: number): AsyncIterable<AuditEntry[]>;
}

/** Entries that a narrowing could not append: on disk here until the store takes them. */
export interface Journal {
  append(drafts: readonly AuditDraft[]): void;
  pending(): readonly { readonly journaledAt: string; readonly draft: AuditDraft }[];
  /** Forgets the first `count`, after they were appended to the chain. */
  clear(count: number): void;
}

/** Seals personal data of one subject, so that destroying one key erases it everywhere. */
export interface PersonalDataSealer {
  seal(subject: string, value: unknown): Promise<{ kid: string; nonce: string; ct: string }>;
}
