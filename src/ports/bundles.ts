import type { AuditDraft } from '../audit/entry.ts';
import type { KeySource } from '../domain/agent.ts';
import type { Page } from './page.ts';

export type BundleFiles = Readonly<Record<string, string>>;

export interface StoredBundle {
  readonly version: number;
  readonly digest: string;
  readonly note: string;
  readonly author: string;
  readonly createdAt: number;
}

/** An agent as a bundle declares it. */
export interface DeclaredAgent extends KeySource {
  readonly name: string;
  readonly owner: string;
  readonly teams: readonly string[];
  /** What its tokens are proven by under these keys. */
  readonly proofs: readonly string[];
}

/** What an activation rests on. */
export interface ActivationLeave {
  /** The version it was compared with; undefined: none was active. */
  readonly from: number | undefined;
  /** The approval that it uses up; absent where none is needed. */
  readonly approvalId?: string | undefined;
}

/** Versions of the policy bundle. A stored version never changes; the active one is a pointer. */
export interface BundleStore {
  insert(
    bundle: { files: BundleFiles; digest: string; note: string; author: string },
    entry: (version: number) => AuditDraft,
  ): Promise<StoredBundle>;
  files(version: number): Promise<BundleFiles | undefined>;
  list(page: Page): Promise<StoredBundle[]>;
  active(): Promise<number | undefined>;
  /**
   * Moves the pointer from the version that was looked at, makes the declared agents exist as the bundle
   * says (those it no longer declares retire), and writes the feed event. Approvals of changes to another
   * version than this one are superseded. @returns also the agents whose keys changed: what their old keys
   * had proven refuses already, and is to be ended. @throws conflict when an agent name is taken by one that
   * the API manages, or another version became active meanwhile; approvalOver
   */
  activate(
    version: number,
    agents: readonly (DeclaredAgent & { readonly id: string })[],
    entry: AuditDraft,
    leave: ActivationLeave,
  ): Promise<{ previous: number | undefined; rekeyed: readonly string[] }>;
  /** Version up to which live grants were decided again; behind `active` means work is left. */
  redecided(): Promise<number | undefined>;
  markRedecided(version: number): Promise<void>;
}
