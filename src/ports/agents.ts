import type { AuditDraft } from '../audit/entry.ts';
import type { Agent, ClientSecret, KeySource, ResourceServer } from '../domain/agent.ts';
import type { Page } from './page.ts';

export type NewAgent = Omit<Agent, 'version' | 'createdAt' | 'state'>;

/**
 * Agents at rest. Each change commits together with its audit entry and a feed event, so that every
 * broker process drops what it had cached.
 */
export interface AgentStore {
  /**
   * @param approvalId of the approval that it uses up, where one is needed
   * @throws conflict when the name is taken; approvalOver
   */
  insert(agent: NewAgent, entry: AuditDraft, approvalId?: string): Promise<Agent>;
  find(id: string): Promise<Agent | undefined>;
  findByName(name: string): Promise<Agent | undefined>;
  list(page: Page): Promise<Agent[]>;
  /**
   * Gives the agent these keys instead of those it has.
   * @param kept proofs that stay good, undefined where all do; whatever was proven otherwise refuses at once
   */
  replaceKeys(
    id: string,
    keys: KeySource,
    kept: readonly string[] | undefined,
    entry: AuditDraft,
  ): Promise<Agent | undefined>;
  /**
   * The same where it only takes keys away: a narrowing, possible even when the audit cannot take the entry.
   */
  withdrawKeys(
    id: string,
    keys: KeySource,
    kept: readonly string[],
    entry: AuditDraft,
  ): Promise<{ readonly found: boolean; readonly unrecorded: readonly AuditDraft[] }>;
  /** @see ClientSecretStore */
  readonly secrets: ClientSecretStore;
  /**
   * Makes a suspended agent active and lifts its standing stop, in one transaction.
   * @param by with the approval that it uses up, where one is needed
   * @param entry told which stops were lifted
   * @throws approvalOver
   */
  resume(
    id: string,
    by: { actor: string; reason: string; approvalId?: string | undefined },
    entry: (lifted: readonly string[]) => AuditDraft,
  ): Promise<Agent | undefined>;
}

/** The one secret that a client may have. */
export interface ClientSecretStore {
  /** In place of the one before, which is good for nothing from then on. @returns false for an unknown client */
  set(clientId: string, secret: ClientSecret, entry: AuditDraft): Promise<boolean>;
  /** A narrowing: possible even when the audit cannot take the entry. */
  remove(clientId: string, entry: AuditDraft): Promise<{ unrecorded: readonly AuditDraft[] }>;
}

/** Resource servers at rest. */
export interface ResourceServerStore {
  readonly secrets: ClientSecretStore;
  /** @throws conflict when name or audience is taken */
  insert(server: Omit<ResourceServer, 'createdAt'>, entry: AuditDraft): Promise<ResourceServer>;
  find(id: string): Promise<ResourceServer | undefined>;
  list(page: Page): Promise<ResourceServer[]>;
}
