import type { Terms } from './decision.ts';
import type { Effect } from './effect.ts';
import type { Resource } from './resource.ts';
import type { Scope } from './scope.ts';

/**
 * pending (waits for its approval) → executing → one of the ends. `unknown`: it may have been committed, and
 * nobody can tell any more. What never ran ends as its approval did: denied, expired, withdrawn, superseded.
 */
export const OPERATION_STATES = [
  'pending',
  'executing',
  'succeeded',
  'rolled_back',
  'failed',
  'denied',
  'expired',
  'withdrawn',
  'superseded',
  'unknown',
] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

/** How many rows of a table may change, both ends included. */
export type RowBounds = readonly [least: number, most: number];

/** What an operation would reach, found out without changing anything. */
export interface BlastRadius {
  /** Rows of the statement's own table; null: unknown, and `why` says so. */
  readonly rows: number | null;
  /** Rows that may change per `schema.table`, cascades and triggers included. Empty where unknown. */
  readonly bounds: Readonly<Record<string, RowBounds>>;
  /** Rows of other tables that go or change by foreign keys. */
  readonly cascades: readonly {
    readonly table: string;
    readonly action: 'delete' | 'update';
    readonly rows: number;
  }[];
  /** `schema.table.trigger`, of every table that is reached. What they do is not known. */
  readonly triggers: readonly string[];
  /** A backup that the resource file vouches for; null: none is known of. */
  readonly backup: { readonly at: string } | null;
  readonly why?: string;
}

/** One value of a statement, as it came. */
export type Parameter = string | number | boolean | null;

/** One statement, with its values: exactly this is shown, signed and run. */
export interface ExactStatement {
  readonly sql: string;
  readonly params: readonly Parameter[];
  /** Rows it must change, no more and no fewer; absent: the bounds alone hold. */
  readonly rows?: number;
}

/** A table as a statement names it. */
export interface TableName {
  readonly schema?: string;
  readonly name: string;
}

/**
 * What can be counted of a statement without running it: the rows an INSERT lists, or those that the
 * condition of a plain UPDATE or DELETE holds for. `condition` is the agent's own text, its values numbered
 * anew; nothing in it but columns of the table and what the server itself brings.
 */
export type Countable =
  | {
      readonly kind: 'insert';
      readonly table: TableName;
      readonly rows: number;
      readonly updates: boolean;
    }
  | {
      readonly kind: 'update' | 'delete';
      readonly table: TableName;
      /** Without the tables that inherit from it. */
      readonly only: boolean;
      readonly alias: string;
      readonly condition: string;
      readonly params: readonly Parameter[];
      /** Columns of the condition. */
      readonly columns: readonly string[];
      /** Columns that an UPDATE sets. */
      readonly sets: readonly string[];
    };

/** What is signed: its digest is over the RFC 8785 form of this. */
export interface ExactOperation {
  readonly kind: 'statement' | 'sandbox';
  readonly resource: string;
  /** Address and database, no secret: the same name may be another server tomorrow. */
  readonly server: string;
  readonly scope: string;
  readonly statements: readonly ExactStatement[];
}

/** Our record of one operation. Times are Unix milliseconds of the database clock. */
export interface Operation {
  readonly id: string;
  readonly kind: ExactOperation['kind'];
  readonly agentId: string;
  readonly taskId: string;
  readonly grantId: string;
  readonly resource: string;
  readonly scope: string;
  /** Of the statements, as understood; what was decided may be stricter. */
  readonly effect: Effect;
  readonly state: OperationState;
  /** SHA-256 over the RFC 8785 form of the exact operation, hex. */
  readonly digest: string;
  /** `schema.table` or `table`, as the statements name them. */
  readonly tables: readonly string[];
  readonly radius: BlastRadius;
  readonly approvalId?: string;
  /** The broker's own lease that it runs under. */
  readonly leaseId?: string;
  /** Transaction at the resource, on record before COMMIT was sent. */
  readonly transaction?: string;
  /** Rows changed per table, as counted before COMMIT. */
  readonly counts?: Readonly<Record<string, number>>;
  /** Why it ended otherwise than well. */
  readonly reason?: string;
  readonly createdAt: number;
  readonly startedAt?: number;
  /** By then its execution is over, one way or the other. */
  readonly deadlineAt?: number;
  readonly endedAt?: number;
}

/**
 * Is this scope enforced operation by operation, so that its permit mints a token and each operation is
 * approved on its own? So it is with SQL that changes a protected environment, unless a rule hands out a
 * login; what destroys never comes with a login.
 */
export function isPerOperation(
  resource: Pick<Resource, 'kind' | 'environment'>,
  scope: Pick<Scope, 'effect'>,
  terms: Pick<Terms, 'mode'>,
): boolean {
  if (resource.kind !== 'postgres') return false;
  if (scope.effect === 'destroy') return true;
  return resource.environment.protected && scope.effect === 'write' && terms.mode !== 'login';
}
