import type { Option } from 'commander';
import type { ItemOf, ListId } from '../sdk/call-types.ts';
import type { Client } from '../sdk/client.ts';
import { count, option } from './command.ts';
import type { Output } from './output.ts';
import { type Column, formatTable } from './table.ts';

export interface ListOptions {
  readonly limit?: number;
  readonly cursor?: string;
  readonly all?: boolean;
}

/** Options of every list. */
export function listOptions(): Option[] {
  return [
    count('--limit <n>', 'how many to show (50)', 1, 200),
    option('--cursor <cursor>', 'where the list before ended'),
    option('--all', 'every page'),
  ];
}

interface Page<T> {
  readonly items: T[];
  readonly next_cursor: string | null;
}

/** One page, or all of them, as the API gives them. */
export async function fetchList<K extends ListId>(
  client: Client,
  operation: K,
  options: ListOptions,
  filters: Readonly<Record<string, unknown>> = {},
  params: Readonly<Record<string, string>> = {},
): Promise<Page<ItemOf<K>>> {
  const query = { ...filters, limit: options.limit ?? (options.all ? 200 : 50) };
  // Filters come from options of the same names; the route table checks them at the other end.
  const untyped = client as unknown as {
    call(operation: K, call: object): Promise<Page<ItemOf<K>>>;
    pages(operation: K, call: object): AsyncIterable<ItemOf<K>>;
  };
  if (!options.all) {
    return untyped.call(operation, { params, query: { ...query, cursor: options.cursor } });
  }
  const items: ItemOf<K>[] = [];
  for await (const item of untyped.pages(operation, { params, query })) items.push(item);
  return { items, next_cursor: null };
}

/** Prints a page as a table, or `empty` where it has no rows, and says how to see more. */
export function printList<T>(
  out: Output,
  page: Page<T>,
  columns: readonly Column<T>[],
  empty: string,
): void {
  out.result(page, () => (page.items.length ? formatTable(out, page.items, columns) : empty));
  if (page.next_cursor !== null) out.note(`More: --cursor ${page.next_cursor}, or --all`);
}
