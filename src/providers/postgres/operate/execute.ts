import pg from 'pg';
import { isBrokerError } from '../../../domain/errors.ts';
import type { ExecuteRequest, Execution, StatementResult } from '../../../ports/provider.ts';
import type { AdminSession } from '../connections.ts';
import { type Constraints, constraintsOf } from '../constraints.ts';
import { isHome, madeElsewhere } from '../home.ts';
import { makeRole } from '../make-role.ts';
import type { Parts } from '../parts.ts';
import { schemasOf } from '../statements.ts';
import { countChanges, type Counts, outOfBounds, refuseUncounted } from './counts.ts';
import { refusalSentence } from './refusal.ts';
import { named, runStatement, TooMuch } from './run-statement.ts';

/** Runs an operation as a role made for it, which has the rights of its scope and no other. @see CanOperate */
export async function execute(parts: Parts, request: ExecuteRequest): Promise<Execution> {
  const constraints = constraintsOf(request.scope);
  const password = await parts.passwords.take();
  const made = await parts.connections.use(request, async (session) => {
    if (!isHome(session, request.lease)) throw madeElsewhere(request.lease);
    await makeRole(parts, session, request, constraints, password.verifier);
    return { database: session.target.database, identity: session.identity };
  });
  await request.made(password.secret, made.identity);
  const login = {
    database: made.database,
    user: request.lease.outsideName,
    password: password.secret,
  };
  const run = (session: AdminSession) => new Transaction(session, request, constraints).run();
  return parts.connections.useAs(request, login, run, constraints.statement_timeout);
}

/** The end of a transaction that was not to be. */
class Undone extends Error {
  readonly outcome: Execution;
  constructor(outcome: Execution) {
    super('undone');
    this.outcome = outcome;
  }
}

class Transaction {
  readonly #client: pg.ClientBase;
  readonly #request: ExecuteRequest;
  readonly #constraints: Constraints;
  #counts: Counts = {};

  constructor({ client }: AdminSession, request: ExecuteRequest, constraints: Constraints) {
    this.#client = client;
    this.#request = request;
    this.#constraints = constraints;
  }

  async run(): Promise<Execution> {
    try {
      const results = await this.#work();
      await this.#announce(results);
    } catch (error) {
      const outcome = this.#outcomeOf(error);
      await this.#client.query('ROLLBACK').catch(() => undefined);
      if (!outcome) throw error;
      return outcome;
    }
    return this.#commit();
  }

  /** Everything up to the last count. */
  async #work(): Promise<readonly StatementResult[]> {
    const { readOnly, bounds } = this.#request;
    await refuseUncounted(this.#client);
    await this.#client.query(this.#begin());
    const results = await this.#statements();
    this.#counts = await countChanges(this.#client);
    const outside = readOnly ? undefined : outOfBounds(this.#counts, bounds);
    if (outside !== undefined) throw this.#undone('rolled_back', outside);
    const answers: StatementResult[] = [];
    for (const raw of results) answers.push(await named(this.#client, raw));
    return answers;
  }

  #begin(): string {
    const { lock_timeout, idle_in_transaction_timeout } = this.#constraints;
    const path = [...schemasOf(this.#constraints), 'pg_temp'].map(pg.escapeIdentifier).join(', ');
    return [
      `BEGIN ISOLATION LEVEL READ COMMITTED ${this.#request.readOnly ? 'READ ONLY' : 'READ WRITE'}`,
      `SET LOCAL search_path = ${path}`,
      `SET LOCAL lock_timeout = '${lock_timeout}ms'`,
      `SET LOCAL idle_in_transaction_session_timeout = '${idle_in_transaction_timeout}ms'`,
    ].join(';\n');
  }

  async #statements() {
    const room = { ...this.#request.limits };
    const results = [];
    for (const [index, statement] of this.#request.statements.entries()) {
      const raw = await runStatement(this.#client, statement, room);
      if (statement.rows !== undefined && raw.rowCount !== statement.rows) {
        throw this.#undone(
          'rolled_back',
          `Statement ${index + 1} met ${raw.rowCount} row(s), and ${statement.rows} were agreed to.`,
        );
      }
      results.push(raw);
    }
    return results;
  }

  /** From here on it may have been committed, as far as anybody else knows. */
  async #announce(results: readonly StatementResult[]): Promise<void> {
    const { rows } = await this.#client.query<{ id: string | null }>(
      'SELECT pg_current_xact_id_if_assigned()::text AS id',
    );
    const transaction = rows[0]?.id ?? undefined;
    await this.#request.committing({
      ...(transaction === undefined ? {} : { transaction }),
      counts: this.#counts,
      results,
    });
  }

  async #commit(): Promise<Execution> {
    try {
      const { command } = await this.#client.query('COMMIT');
      if (command === 'COMMIT') return { kind: 'committed', counts: this.#counts };
    } catch (error) {
      const reason = refusalSentence(error);
      // Nothing was heard of its end: the record and the server know.
      if (reason === undefined) throw error;
      return { kind: 'failed', counts: this.#counts, reason };
    }
    return { kind: 'failed', counts: this.#counts, reason: 'The transaction could not commit.' };
  }

  #undone(kind: 'rolled_back' | 'failed', reason: string): Undone {
    return new Undone({ kind, counts: this.#counts, reason });
  }

  #outcomeOf(error: unknown): Execution | undefined {
    if (error instanceof Undone) return error.outcome;
    const { rows, bytes } = this.#request.limits;
    if (error instanceof TooMuch) {
      const reason = `It answers with more than ${rows} rows or ${bytes} bytes.`;
      return this.#undone('failed', reason).outcome;
    }
    if (isBrokerError(error)) return undefined;
    const reason = refusalSentence(error);
    return reason === undefined ? undefined : this.#undone('failed', reason).outcome;
  }
}
