import type { RecordFilter } from '../ports/page.ts';

/** Names of a table's columns for each member of a filter; a condition for `live`. */
interface FilterColumns {
  readonly id: string;
  readonly agent?: string;
  readonly task?: string;
  readonly resource?: string;
  readonly live?: string;
  readonly overdue?: string;
  readonly abandoned?: string;
}

/** The WHERE of a list and its values; `$1` is the limit. Column names are our own constants. */
export function filterSql(
  filter: RecordFilter,
  columns: FilterColumns,
): { where: string; values: unknown[] } {
  const values: unknown[] = [filter.limit];
  const conditions = ['true'];
  const add = (condition: string, value: unknown) => {
    values.push(value);
    conditions.push(`${condition} $${values.length}`);
  };
  if (filter.before !== undefined) add(`${columns.id} <`, filter.before);
  if (filter.agentId !== undefined && columns.agent) add(`${columns.agent} =`, filter.agentId);
  if (filter.taskId !== undefined && columns.task) add(`${columns.task} =`, filter.taskId);
  if (filter.resource !== undefined && columns.resource)
    add(`${columns.resource} =`, filter.resource);
  if (filter.live && columns.live) conditions.push(columns.live);
  if (filter.overdue && columns.overdue) conditions.push(columns.overdue);
  if (filter.abandoned && columns.abandoned) conditions.push(columns.abandoned);
  return { where: conditions.join(' and '), values };
}
