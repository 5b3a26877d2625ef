import type { Countable, Parameter, TableName } from '../../domain/operation.ts';
import { parseOne, type Token, type Tree } from './parse.ts';
import { columnsIn, isTree, nodeOf } from './walk.ts';

/** Rows of a VALUES list beyond which it is not counted. */
const MOST_ROWS = 10_000;

/**
 * What can be counted of a statement of effect `write`, every function and operator of which is known.
 * @returns undefined for whatever has more than one table, a sub-select, WITH, or no such count
 */
export function countableOf(
  sql: string,
  parsed: { readonly statement: Tree; readonly tokens: readonly Token[] },
  params: readonly Parameter[],
): Countable | undefined {
  const [tag, node] = nodeOf(parsed.statement) ?? [];
  if (!node || !isTree(node['relation'])) return undefined;
  if (node['withClause'] !== undefined || hasSubLink(node)) return undefined;
  const table = nameOf(node['relation']);
  if (tag === 'InsertStmt') return insertOf(node, table);
  if (tag !== 'UpdateStmt' && tag !== 'DeleteStmt') return undefined;
  if (node['fromClause'] !== undefined || node['usingClause'] !== undefined) return undefined;
  const condition = conditionOf(sql, parsed.tokens, node['whereClause'], params);
  if (!condition) return undefined;
  const { alias } = node['relation'];
  return {
    kind: tag === 'UpdateStmt' ? 'update' : 'delete',
    table,
    only: node['relation']['inh'] !== true,
    alias: isTree(alias) ? String(alias['aliasname']) : table.name,
    ...condition,
    columns: [...new Set(columnsIn(node['whereClause']))],
    sets: tag === 'UpdateStmt' ? setsOf(node['targetList']) : [],
  };
}

function nameOf(relation: Tree): TableName {
  const [schema, name] = [relation['schemaname'], String(relation['relname'])];
  return typeof schema === 'string' ? { schema, name } : { name };
}

function hasSubLink(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasSubLink);
  if (!isTree(value)) return false;
  return Object.entries(value).some(([name, one]) => name === 'SubLink' || hasSubLink(one));
}

function setsOf(targets: unknown): string[] {
  if (!Array.isArray(targets)) return ['*'];
  return targets.map((target) => {
    const name = nodeOf(target)?.[1]['name'];
    return typeof name === 'string' ? name : '*';
  });
}

/** Rows that stand in the statement itself. */
function insertOf(node: Tree, table: TableName): Countable | undefined {
  const updates = node['onConflictClause'] !== undefined;
  const source = node['selectStmt'];
  if (source === undefined) return { kind: 'insert', table, rows: 1, updates };
  const [, select] = nodeOf(source) ?? [];
  const lists = select?.['valuesLists'];
  if (!Array.isArray(lists) || lists.length > MOST_ROWS) return undefined;
  const extra = ['limitCount', 'limitOffset', 'sortClause', 'withClause'];
  if (extra.some((name) => select?.[name] !== undefined)) return undefined;
  return { kind: 'insert', table, rows: lists.length, updates };
}

/**
 * The text between WHERE and RETURNING (or the end), its values numbered from 1. That it is the condition, and
 * all of it, is not taken from the scanner's word: parsed by itself it must give the very same tree.
 */
function conditionOf(
  sql: string,
  tokens: readonly Token[],
  where: unknown,
  params: readonly Parameter[],
): { condition: string; params: Parameter[] } | undefined {
  const span = spanOf(tokens);
  if (!span) return undefined;
  const bytes = Buffer.from(sql);
  const numbers: number[] = [];
  const pieces: Buffer[] = [];
  let at = span.start;
  for (const token of span.tokens.filter(({ name }) => name === 'PARAM')) {
    const number = Number(token.text.slice(1));
    if (!numbers.includes(number)) numbers.push(number);
    pieces.push(bytes.subarray(at, token.start), Buffer.from(`$${numbers.indexOf(number) + 1}`));
    at = token.end;
  }
  pieces.push(bytes.subarray(at, span.end));
  const condition = Buffer.concat(pieces).toString();
  const alone = parseOne(`SELECT 1 FROM t WHERE (${condition}\n)`);
  if ('problem' in alone) return undefined;
  const [, select] = nodeOf(alone.statement) ?? [];
  const renumbered = shape(where, (number) => numbers.indexOf(number) + 1);
  const same = JSON.stringify(shape(select?.['whereClause'], (number) => number));
  if (same !== JSON.stringify(renumbered) || numbers.some((n) => n < 1 || n > params.length)) {
    return undefined;
  }
  return { condition, params: numbers.map((number) => params[number - 1] ?? null) };
}

function spanOf(tokens: readonly Token[]) {
  let depth = 0;
  let first: number | undefined;
  let last = tokens.length;
  for (const [index, { text }] of tokens.entries()) {
    if (text === '(' || text === '[') depth += 1;
    else if (text === ')' || text === ']') depth -= 1;
    else if (depth > 0) continue;
    else if (/^where$/i.test(text)) first ??= index + 1;
    else if (first !== undefined && (/^returning$/i.test(text) || text === ';')) {
      last = index;
      break;
    }
  }
  const [from, to] = [tokens[(first ?? 0) - 1], tokens[last - 1]];
  if (first === undefined || !from || !to || last <= first) return undefined;
  return { start: from.end, end: to.end, tokens: tokens.slice(first, last) };
}

/** A tree without the places where its nodes stood, its values numbered anew. */
function shape(value: unknown, number: (n: number) => number): unknown {
  if (Array.isArray(value)) return value.map((one) => shape(one, number));
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !PLACES.has(name))
      .map(([name, one]) => [
        name,
        name === 'ParamRef' && isTree(one)
          ? { number: number(Number(one['number'])) }
          : shape(one, number),
      ]),
  );
}

const PLACES: ReadonlySet<string> = new Set([
  'location',
  'rexpr_list_start',
  'rexpr_list_end',
  'list_start',
  'list_end',
]);
