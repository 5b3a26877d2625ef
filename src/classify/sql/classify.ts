import type { Effect } from '../../domain/effect.ts';
import type { Countable, Parameter } from '../../domain/operation.ts';
import { countableOf } from './countable.ts';
import { loadParser, parseOne } from './parse.ts';
import { nodeOf, tableText, walk } from './walk.ts';

const KINDS = {
  SelectStmt: 'select',
  InsertStmt: 'insert',
  UpdateStmt: 'update',
  DeleteStmt: 'delete',
  MergeStmt: 'merge',
} as const;

/** One statement as it was understood. */
export interface Classified {
  readonly effect: Extract<Effect, 'read' | 'write' | 'destroy'>;
  readonly kind: (typeof KINDS)[keyof typeof KINDS] | 'other';
  /** Whether the broker runs such a thing at all: one query or change of rows, and no SELECT INTO. */
  readonly runnable: boolean;
  /** Tables as they are named, those that are changed first. */
  readonly tables: readonly string[];
  readonly functions: readonly string[];
  /** Why it is `destroy`, as sentences. */
  readonly problems: readonly string[];
  /** The highest `$n`. */
  readonly params: number;
  /** Absent where its rows cannot be counted beforehand. */
  readonly countable?: Countable;
}

export type Classification =
  | { readonly understood: Classified }
  /** Not one statement: never run. */
  | { readonly problem: string };

/**
 * Understands one SQL statement by the tree that PostgreSQL's own parser makes of it. Whatever is not on a
 * list of things understood counts as `destroy`. It advises: what the server lets the role do is the barrier.
 */
export async function classifySql(
  sql: string,
  params: readonly Parameter[] = [],
): Promise<Classification> {
  await loadParser();
  const parsed = parseOne(sql);
  if ('problem' in parsed) return parsed;
  const [tag, node] = nodeOf(parsed.statement) ?? [];
  if (tag === undefined || !node) return { problem: 'not understood' };
  const seen = walk(parsed.statement);
  const kind = Object.hasOwn(KINDS, tag) ? KINDS[tag as keyof typeof KINDS] : 'other';
  const runnable = kind !== 'other' && node['intoClause'] === undefined;
  const countable = seen.effect === 'write' ? countableOf(sql, parsed, params) : undefined;
  return {
    understood: {
      effect: seen.effect,
      kind,
      runnable,
      tables: [...new Set([...seen.written.values(), ...seen.read.values()].map(tableText))],
      functions: [...seen.functions].sort(),
      problems: [...seen.problems],
      params: seen.params,
      ...(countable ? { countable } : {}),
    },
  };
}
