import type { AuditDraft } from '../audit/entry.ts';
import type { Grant, TokenRecord } from '../domain/grant.ts';
import type { Task } from '../domain/task.ts';
import type { RecordFilter } from './page.ts';

export type NewTask = Pick<
  Task,
  | 'id'
  | 'agentId'
  | 'purpose'
  | 'ticket'
  | 'verifiedTicket'
  | 'openedBy'
  | 'createdAt'
  | 'expiresAt'
>;

/** Tasks at rest. (Tokens that open a task do so through the ledger.) */
export interface TaskStore {
  /** @throws stopped | agentSuspended when that became true meanwhile */
  open(task: NewTask, entry: AuditDraft): Promise<Task>;
  find(id: string): Promise<Task | undefined>;
  list(filter: RecordFilter): Promise<Task[]>;
}

export interface GrantOfTask {
  readonly grant: Grant;
  readonly task: Task;
}

/** Grants and token records, for reading. */
export interface GrantStore {
  find(id: string): Promise<Grant | undefined>;
  findWithTask(id: string): Promise<GrantOfTask | undefined>;
  list(filter: RecordFilter): Promise<Grant[]>;
  /** Live grants after `afterId`, oldest id first, with their tasks: for deciding again. */
  livePage(afterId: string, limit: number): Promise<GrantOfTask[]>;
}

/** Where a token stands, ancestors included. */
export interface TokenStatus {
  readonly token: TokenRecord;
  /** Not revoked, not expired, agent active, grant and task live, nothing stopped. */
  readonly live: boolean;
}

export interface TokenStore {
  status(jti: string): Promise<TokenStatus | undefined>;
  list(filter: RecordFilter): Promise<TokenRecord[]>;
}
