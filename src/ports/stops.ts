import type { AuditDraft } from '../audit/entry.ts';
import type { Stop } from '../domain/stop.ts';
import type { Page } from './page.ts';

/** Stops at rest; they are placed by endings and lifted here. */
export interface StopStore {
  standing(): Promise<Stop[]>;
  list(page: Page): Promise<Stop[]>;
  find(id: string): Promise<Stop | undefined>;
  /**
   * @param by with the approval that it uses up, where one is needed
   * @returns undefined when there is no such standing stop @throws approvalOver
   */
  lift(
    id: string,
    by: { actor: string; reason: string; approvalId?: string | undefined },
    entry: AuditDraft,
  ): Promise<Stop | undefined>;
}
