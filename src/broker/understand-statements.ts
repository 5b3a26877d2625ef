import { classifySql, type Classified } from '../classify/sql/classify.ts';
import type { Effect } from '../domain/effect.ts';
import { invalidRequest } from '../domain/errors.ts';
import type { Countable, ExactStatement } from '../domain/operation.ts';

/** Statements as they were understood, all together. */
export interface Understood {
  /** Of the most dangerous of them. */
  readonly effect: Extract<Effect, 'read' | 'write' | 'destroy'>;
  readonly tables: readonly string[];
  /** Why it counts as `destroy`, as sentences. */
  readonly problems: readonly string[];
  /** One for each statement; absent where one of them cannot be counted. */
  readonly countables?: readonly Countable[];
  /** Nothing but rows that are added. */
  readonly onlyAdds: boolean;
}

const RANK = { read: 0, write: 1, destroy: 2 } as const;

/** @throws invalidRequest for what is never run, whoever agrees */
export async function understandStatements(
  statements: readonly ExactStatement[],
): Promise<Understood> {
  const all: Classified[] = [];
  for (const { sql, params } of statements) {
    const answer = await classifySql(sql, params);
    if ('problem' in answer) throw invalidRequest(`sql: ${answer.problem}.`, 'sql');
    const { understood } = answer;
    if (!understood.runnable) {
      throw invalidRequest(
        'sql: an operation is one SELECT, INSERT, UPDATE, DELETE or MERGE; nothing else is run.',
        'sql',
      );
    }
    if (understood.params !== params.length) {
      throw invalidRequest(
        `params: the statement uses $1 to $${understood.params}, and ${params.length} were given.`,
        'params',
      );
    }
    all.push(understood);
  }
  const countables = all.flatMap(({ countable }) => (countable ? [countable] : []));
  const effect = all.reduce<Understood['effect']>(
    (most, one) => (RANK[one.effect] > RANK[most] ? one.effect : most),
    'read',
  );
  return {
    effect,
    tables: [...new Set(all.flatMap(({ tables }) => tables))],
    problems: [...new Set(all.flatMap(({ problems }) => problems))],
    onlyAdds: countables.every((one) => one.kind === 'insert' && !one.updates),
    ...(countables.length === statements.length ? { countables } : {}),
  };
}
