import type { AuditDraft } from '../audit/entry.ts';
import type { Agent, KeySource, ResourceServer } from '../domain/agent.ts';
import type { Page } from './page.ts';

export type NewAgent = Omit<Agent, 'version' | 'createdAt' | 'state'>;

/**
 * Agents at rest. Each change commits together with its audit entry and a feed event, so that every
 * broker process drops what it had cached.
 */
export interface AgentStore {
  /** @throws conflict when the name is taken */
  insert(agent: NewAgent, entry: AuditDraft): Promise<Agent>;
  find(id: string): Promise<Agent | undefined>;
  findByName(name: string): Promise<Agent | undefined>;
  list(page: Page): Promise<Agent[]>;
  replaceKeys(id: string, keys: KeySource, entry: AuditDraft): Promise<Agent | undefined>;
  /**
   * Makes a suspended agent active and lifts its standing stop, in one transaction.
   * @param entry told which stops were lifted
   */
  resume(
    id: string,
    by: { actor: string; reason: string },
    entry: (lifted: readonly string[]) => AuditDraft,
  ): Promise<Agent | undefined>;
}

/** Resource servers at rest. */
export interface ResourceServerStore {
  /** @throws conflict when name or audience is taken */
  insert(server: Omit<ResourceServer, 'createdAt'>, entry: AuditDraft): Promise<ResourceServer>;
  find(id: string): Promise<ResourceServer | undefined>;
  list(page: Page): Promise<ResourceServer[]>;
}
