import type { Effect } from '../../domain/effect.ts';
import type { TableName } from '../../domain/operation.ts';
import { FUNCTIONS, NODES, OPERATORS, PARTS, TYPES } from './known.ts';
import type { Tree } from './parse.ts';

/** What was seen in a parse tree. */
export interface Seen {
  effect: 'read' | 'write' | 'destroy';
  /** Why it counts as `destroy`, as sentences. */
  readonly problems: Set<string>;
  readonly read: Map<string, TableName>;
  readonly written: Map<string, TableName>;
  readonly functions: Set<string>;
  /** Names that WITH gives to queries. */
  readonly ctes: Set<string>;
  /** The highest `$n`. */
  params: number;
}

const RANK: Record<Seen['effect'], number> = { read: 0, write: 1, destroy: 2 };
const CHANGING: ReadonlySet<string> = new Set([
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
]);

/** Looks at every node; what is in no list of things understood makes the whole `destroy`. */
export function walk(root: Tree): Seen {
  const seen: Seen = {
    effect: 'read',
    problems: new Set(),
    read: new Map(),
    written: new Map(),
    functions: new Set(),
    ctes: new Set(),
    params: 0,
  };
  member('', root, seen);
  for (const name of seen.ctes) seen.read.delete(name);
  return seen;
}

function atLeast(seen: Seen, effect: Extract<Effect, Seen['effect']>): void {
  if (RANK[effect] > RANK[seen.effect]) seen.effect = effect;
}

function problem(seen: Seen, sentence: string): void {
  seen.problems.add(sentence);
  seen.effect = 'destroy';
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `{ Tag: { … } }`: a node that says what it is. */
export function nodeOf(value: unknown): readonly [tag: string, node: Tree] | undefined {
  if (!isTree(value)) return undefined;
  const [key, ...others] = Object.keys(value);
  if (key === undefined || others.length > 0 || !/^[A-Z]/.test(key)) return undefined;
  const node = value[key];
  return isTree(node) ? [key, node] : undefined;
}

function member(name: string, value: unknown, seen: Seen): void {
  if (Array.isArray(value)) {
    for (const one of value) member(name, one, seen);
    return;
  }
  if (!isTree(value) || Object.keys(value).length === 0) return;
  const node = nodeOf(value);
  if (node) visit(node[0], node[1], seen);
  else if (PARTS.has(name)) visit(name, value, seen);
  else problem(seen, `It has a part that is not understood (${name}).`);
}

function visit(tag: string, node: Tree, seen: Seen): void {
  look(tag, node, seen);
  for (const [name, value] of Object.entries(node)) {
    // Made of names only, looked at above.
    if (!NAMES.has(name)) member(name, value, seen);
  }
}

const NAMES: ReadonlySet<string> = new Set([
  'funcname',
  'names',
  'collname',
  'fields',
  'useOp',
  'operName',
  'intoClause',
]);

function look(tag: string, node: Tree, seen: Seen): void {
  if (CHANGING.has(tag)) changing(tag, node, seen);
  else if (tag === 'SelectStmt' || tag === 'larg' || tag === 'rarg') select(node, seen);
  else if (tag === 'RangeVar') table(node, seen.read, seen);
  else if (tag === 'FuncCall') named(node['funcname'], FUNCTIONS, 'function', seen);
  else if (tag === 'A_Expr') named(node['name'], OPERATORS, 'operator', seen);
  else if (tag === 'typeName') type(node, seen);
  else if (tag === 'ParamRef') seen.params = Math.max(seen.params, Number(node['number'] ?? 0));
  else if (tag === 'CommonTableExpr') seen.ctes.add(String(node['ctename']));
  else if (tag === 'LockingClause') atLeast(seen, 'write');
  else if (!NODES.has(tag) && !PARTS.has(tag)) {
    problem(seen, `${tag} is nothing that is understood here.`);
  }
  if (node['useOp'] !== undefined) named(node['useOp'], OPERATORS, 'operator', seen);
  if (node['operName'] !== undefined) named(node['operName'], OPERATORS, 'operator', seen);
}

function select(node: Tree, seen: Seen): void {
  if (node['intoClause'] !== undefined) problem(seen, 'SELECT INTO makes a table.');
}

function changing(tag: string, node: Tree, seen: Seen): void {
  atLeast(seen, 'write');
  if (isTree(node['relation'])) table(node['relation'], seen.written, seen);
  if (tag !== 'UpdateStmt' && tag !== 'DeleteStmt') return;
  const verb = tag === 'UpdateStmt' ? 'UPDATE' : 'DELETE';
  if (node['whereClause'] === undefined)
    problem(seen, `${verb} without WHERE means the whole table.`);
  else if (columnsIn(node['whereClause']).length === 0) {
    problem(seen, `The WHERE of this ${verb} looks at no column.`);
  }
}

function table(node: Tree, into: Map<string, TableName>, seen: Seen): void {
  const [schema, name] = [node['schemaname'], node['relname']];
  if (typeof name !== 'string') return problem(seen, 'It names a table that has no name.');
  if (node['catalogname'] !== undefined) problem(seen, 'It names another database.');
  const of = typeof schema === 'string' ? { schema, name } : { name };
  into.set(tableText(of), of);
  if (into === seen.written && /^(pg_|information_schema$)/.test(of.schema ?? name)) {
    problem(seen, "It changes the server's own tables.");
  }
}

/** `schema.table` or `table`, for people. */
export function tableText({ schema, name }: TableName): string {
  return schema === undefined ? name : `${schema}.${name}`;
}

/** The strings of a list of String nodes; undefined when it is made of anything else. */
function stringsOf(list: unknown): string[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const texts = list.map((item) => {
    const [tag, node] = nodeOf(item) ?? [];
    return tag === 'String' && typeof node?.['sval'] === 'string' ? node['sval'] : undefined;
  });
  return texts.includes(undefined) ? undefined : (texts as string[]);
}

/** A name that is known where it stands alone or in `pg_catalog`. */
function named(list: unknown, known: ReadonlySet<string>, what: string, seen: Seen): void {
  const parts = stringsOf(list) ?? [];
  const text = parts.join('.');
  if (what === 'function') seen.functions.add(text);
  const [name, schema] = [...parts].reverse();
  const plain = parts.length === 1 || (parts.length === 2 && schema === 'pg_catalog');
  if (!plain || !known.has(name ?? '')) {
    problem(seen, `What the ${what} ${text.slice(0, 100)} does is not known.`);
  }
}

function type(node: Tree, seen: Seen): void {
  if (node['setof'] === true || node['pct_type'] === true) problem(seen, 'It uses an odd type.');
  named(node['names'], TYPES, 'type', seen);
}

/** Columns that an expression names, sub-selects aside; `*` where it takes the whole row. */
export function columnsIn(expression: unknown): string[] {
  if (Array.isArray(expression)) return expression.flatMap(columnsIn);
  if (!isTree(expression)) return [];
  return Object.entries(expression).flatMap(([name, value]) => {
    if (name === 'SubLink') return isTree(value) ? columnsIn(value['testexpr']) : [];
    if (name !== 'ColumnRef' || !isTree(value)) return columnsIn(value);
    return [stringsOf(value['fields'])?.at(-1) ?? '*'];
  });
}
