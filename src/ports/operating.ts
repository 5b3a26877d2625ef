import type { BlastRadius, Countable, ExactStatement, RowBounds } from '../domain/operation.ts';
import type { Secret } from '../domain/secret.ts';
import type { IssueRequest, Reach, RevokeRequest } from './reach.ts';

/** A role of the broker's own, made for one operation and removed like any lease. */
export interface OwnRole
  extends Pick<IssueRequest, 'lease' | 'resource' | 'scope' | 'root' | 'signal'> {
  /**
   * Told when the role is there, before it is used.
   * @throws leaseEnded when the lease was ended meanwhile: then nothing is to be run
   */
  readonly made: (secret: Secret, serverIdentity?: string) => Promise<void>;
}

export interface MeasureRequest extends OwnRole {
  /** One for each statement. */
  readonly countables: readonly Countable[];
}

/** What a statement answered. Values are as the server writes them as text. */
export interface StatementResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly rowCount: number;
}

export interface ExecuteRequest extends OwnRole {
  readonly statements: readonly ExactStatement[];
  /** Nothing is changed: the transaction is READ ONLY. */
  readonly readOnly: boolean;
  /** Rows that may change per `schema.table`; a change elsewhere is out of bounds. `unbounded`: approved as unknown. */
  readonly bounds: Readonly<Record<string, RowBounds>> | 'unbounded';
  readonly limits: { readonly rows: number; readonly bytes: number };
  /**
   * Told between the last count and COMMIT, which is sent only when this has resolved.
   * @param transaction names it for `outcomeOf`; absent when it changed nothing
   */
  readonly committing: (about: {
    readonly transaction?: string;
    readonly counts: Readonly<Record<string, number>>;
    readonly results: readonly StatementResult[];
  }) => Promise<void>;
}

/** `rolled_back`: the broker's own decision; `failed`: the server refused. Either way nothing was changed. */
export type Execution =
  | { readonly kind: 'committed'; readonly counts: Readonly<Record<string, number>> }
  | {
      readonly kind: 'rolled_back' | 'failed';
      readonly counts: Readonly<Record<string, number>>;
      /** A sentence, safe to show: of the server's words only those that name no data. */
      readonly reason: string;
    };

/** Runs operations itself, so that no credential reaches the agent. */
export interface CanOperate {
  /** Changes nothing, and runs nothing of the statements but conditions made of functions that are known. */
  measure(request: MeasureRequest): Promise<BlastRadius>;
  /**
   * Runs the statements, as they are, in one transaction.
   * @throws provider… when it is not known whether COMMIT arrived; before `committing` resolved, nothing was changed
   */
  execute(request: ExecuteRequest): Promise<Execution>;
  /** What became of a transaction. `unknown`: the server has forgotten it. */
  outcomeOf(
    request: Reach & { readonly lease: RevokeRequest['lease']; readonly transaction: string },
  ): Promise<'committed' | 'aborted' | 'running' | 'unknown'>;
}
