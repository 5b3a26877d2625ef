import type { AuditDraft } from '../audit/entry.ts';
import type { TemplateProgress, TemplateReport, TemplateVersion } from '../domain/template.ts';

export type NewTemplate = Pick<
  TemplateVersion,
  'id' | 'resource' | 'name' | 'database' | 'definition' | 'source' | 'server' | 'serverIdentity'
> & {
  /** Name of the secret that opens the sandbox server. */
  readonly secret: string;
};

/** A version that is to be dropped, with what it takes to get at its server. */
export interface LeavingTemplate extends TemplateVersion {
  readonly secret: string;
}

/**
 * Versions of templates at rest. Intent first: the row is there before its database, and goes to `dropped`
 * only after that is gone.
 */
export interface TemplateStore {
  /** The row in state `building`, numbered. @throws conflict when one of this template is being built */
  begin(template: NewTemplate, entry: (version: number) => AuditDraft): Promise<TemplateVersion>;
  /** Also says that the builder lives. @returns false when the build was given up meanwhile */
  progress(id: string, progress: TemplateProgress): Promise<boolean>;
  /** In one go: this version becomes `ready`, the one before `retired`. @returns false when given up */
  complete(id: string, report: TemplateReport, entry: AuditDraft): Promise<boolean>;
  fail(id: string, error: string, entry: AuditDraft): Promise<void>;
  find(id: string): Promise<TemplateVersion | undefined>;
  /** Newest first. */
  list(resource: string): Promise<TemplateVersion[]>;
  /**
   * Ties a lease that is about to be reserved to the version that is ready now, so that it stays.
   * @returns undefined where none is ready
   */
  pin(leaseId: string, resource: string, name: string): Promise<TemplateVersion | undefined>;
  /** The version a lease was cloned from. */
  ofLease(leaseId: string): Promise<TemplateVersion | undefined>;
  /**
   * Marks builds as failed whose builder has been silent for `silentMs`.
   * @param entry what is recorded for each
   */
  giveUpSilent(silentMs: number, entry: (template: TemplateVersion) => AuditDraft): Promise<number>;
  /**
   * Claims, for `claimMs`, up to `limit` versions that nobody needs: failed and retired ones without a live
   * lease.
   */
  claimLeaving(limit: number, claimMs: number): Promise<LeavingTemplate[]>;
  dropped(id: string, entry: AuditDraft): Promise<void>;
}
