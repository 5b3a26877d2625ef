import type { Mask, TemplateDefinition } from '../../../../domain/template.ts';
import type { MaskedColumn, SourceColumn } from './column.ts';
import { maskProblem } from './masks.ts';

export interface SourceTable {
  /** `schema.table` */
  readonly key: string;
  readonly schema: string;
  readonly name: string;
  readonly partitioned: boolean;
  readonly columns: readonly SourceColumn[];
}

export interface ForeignKey {
  readonly name: string;
  readonly table: string;
  readonly column: string;
  readonly toTable: string;
  readonly toColumn: string;
}

export interface TablePlan {
  readonly table: SourceTable;
  /** Without generated columns. */
  readonly columns: readonly MaskedColumn[];
  /** False where the source's admin may not read what would be copied: the table stays empty. */
  readonly readable: boolean;
}

type Rules = Map<string, Mask>;

/**
 * What becomes of every column. Deny by default: a column of a personal table without a rule becomes null,
 * and whatever does not fit is a problem, never a column that is kept.
 * @returns the plan, or everything that is wrong with the definition, as sentences
 */
export function planMasking(
  tables: readonly SourceTable[],
  foreignKeys: readonly ForeignKey[],
  definition: TemplateDefinition,
): { readonly plan: TablePlan[] } | { readonly problems: string[] } {
  const problems = unknownNames(tables, definition);
  const columns = new Map(
    tables.flatMap((table) => table.columns.map((one) => [`${table.key}.${one.name}`, one])),
  );
  const { rules, stated } = statedRules(tables, definition);
  followForeignKeys(foreignKeys, rules, stated, columns, problems);
  const domains = domainsOf(foreignKeys);
  const unique = uniqueDomains(columns, domains);
  const plan = tables.map((table): TablePlan => {
    const masked = table.columns
      .filter((column) => !column.generated)
      .map((column): MaskedColumn => {
        const key = `${table.key}.${column.name}`;
        const domain = domains.get(key) ?? key;
        const whole = {
          ...column,
          unique: unique.has(domain),
          mask: rules.get(key) ?? 'keep',
          domain,
        };
        const problem = maskProblem(whole);
        if (problem) problems.push(`${key} ${problem}`);
        return whole;
      });
    const readable = masked.every(({ mask, readable: may }) => mask === 'null' || may);
    return { table, columns: masked, readable };
  });
  problems.push(...emptyTargets(plan, foreignKeys, rules));
  return problems.length > 0 ? { problems } : { plan };
}

/** A name that matches nothing would mask nothing. */
function unknownNames(tables: readonly SourceTable[], definition: TemplateDefinition): string[] {
  const known = new Map(tables.map((table) => [table.key, table]));
  const named = [
    ...definition.personal.map((entry) => entry.split('.')),
    ...Object.entries(definition.masking).flatMap(([table, rules]) => [
      table.split('.'),
      ...Object.keys(rules).map((column) => [...table.split('.'), column]),
    ]),
  ];
  return named.flatMap(([schema, name, ...rest]) => {
    const key = `${schema}.${name}`;
    const table = known.get(key);
    if (!table) return [`The source has no table ${key}.`];
    const column = rest.join('.');
    if (rest.length === 0) return [];
    const found = table.columns.find((one) => one.name === column);
    if (!found) return [`The source's table ${key} has no column ${column}.`];
    return found.generated ? [`${key}.${column} is generated: mask what it is made of.`] : [];
  });
}

function statedRules(
  tables: readonly SourceTable[],
  { personal, masking }: TemplateDefinition,
): { rules: Rules; stated: Set<string> } {
  const rules: Rules = new Map();
  const stated = new Set<string>();
  for (const { key: table, columns } of tables) {
    for (const { name } of columns) {
      const key = `${table}.${name}`;
      const given = masking[table]?.[name];
      if (given !== undefined) {
        rules.set(key, given);
        stated.add(key);
      } else if (personal.includes(table) || personal.includes(key)) rules.set(key, 'null');
    }
  }
  return { rules, stated };
}

/** What refers to a masked key is masked as the key is, so that it still refers to it. */
function followForeignKeys(
  foreignKeys: readonly ForeignKey[],
  rules: Rules,
  stated: ReadonlySet<string>,
  columns: ReadonlyMap<string, SourceColumn>,
  problems: string[],
): void {
  const of = (key: string): Mask => rules.get(key) ?? 'keep';
  for (let round = 0; round <= foreignKeys.length; round += 1) {
    let changed = false;
    for (const { table, column, toTable, toColumn } of foreignKeys) {
      const [from, to] = [`${table}.${column}`, of(`${toTable}.${toColumn}`)];
      if (of(from) === to || of(from) === 'null' || stated.has(from)) continue;
      rules.set(from, to);
      changed = true;
    }
    if (!changed) break;
  }
  for (const { name, table, column, toTable, toColumn } of foreignKeys) {
    const [from, to] = [`${table}.${column}`, `${toTable}.${toColumn}`];
    if (of(from) === 'null' || (of(from) === 'keep' && of(to) === 'keep')) continue;
    if (of(from) === of(to) && sameType(columns, from, to)) continue;
    problems.push(
      `${from} refers to ${to} (foreign key ${name}), so both have to be masked alike: ${of(from)} and ${of(to)} are not.`,
    );
  }
}

/** Equal values of different types are masked to different ones; kept ones stay equal. */
function sameType(columns: ReadonlyMap<string, SourceColumn>, a: string, b: string): boolean {
  const [one, other] = [columns.get(a), columns.get(b)];
  return one?.type === other?.type && one?.length === other?.length;
}

/** Columns tied by foreign keys, each with the name of its set. */
function domainsOf(foreignKeys: readonly ForeignKey[]): Map<string, string> {
  const parent = new Map<string, string>();
  const root = (key: string): string => {
    const up = parent.get(key) ?? key;
    return up === key ? key : root(up);
  };
  for (const { table, column, toTable, toColumn } of foreignKeys) {
    const [a, b] = [root(`${table}.${column}`), root(`${toTable}.${toColumn}`)];
    parent.set(a, b);
    parent.set(b, parent.get(b) ?? b);
  }
  return new Map([...parent.keys()].map((key) => [key, root(key)]));
}

function uniqueDomains(
  columns: ReadonlyMap<string, SourceColumn>,
  domains: ReadonlyMap<string, string>,
): Set<string> {
  const unique = [...columns].filter(([, column]) => column.unique);
  return new Set(unique.map(([key]) => domains.get(key) ?? key));
}

/** Rows that refer to a table which stays empty would refer to nothing. */
function emptyTargets(
  plan: readonly TablePlan[],
  foreignKeys: readonly ForeignKey[],
  rules: Rules,
): string[] {
  const readable = new Map(plan.map(({ table, readable: may }) => [table.key, may]));
  return foreignKeys
    .filter(
      ({ table, toTable, column }) =>
        readable.get(table) === true &&
        readable.get(toTable) === false &&
        rules.get(`${table}.${column}`) !== 'null',
    )
    .map(
      ({ table, toTable, column }) =>
        `${table}.${column} refers to ${toTable}, which the source's admin may not read: GRANT SELECT on the columns that are not null in the template.`,
    );
}
