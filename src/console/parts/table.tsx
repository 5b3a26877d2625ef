import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef } from 'react';
import type { CountersignError } from '../../sdk/error.ts';
import { Button } from './button.tsx';
import { classes } from './classes.ts';
import { Failure } from './failure.tsx';
import { Waiting } from './page.tsx';

export interface Column<Item> {
  readonly header: string;
  readonly cell: (item: Item) => ReactNode;
  /** A grid track: `minmax(0,2fr)`, `8rem`. */
  readonly width?: string;
  /** On a narrow screen: the heading of its card, or left out. */
  readonly narrow?: 'title' | 'hidden';
}

/** What {@link usePages} gives. */
interface Rows<Item> {
  readonly items: readonly Item[];
  readonly error: CountersignError | null;
  readonly isPending: boolean;
  readonly hasMore: boolean;
  readonly isReadingMore: boolean;
  readonly more: () => void;
  readonly again: () => void;
}

interface TableProps<Item> {
  readonly label: string;
  readonly rows: Rows<Item>;
  readonly columns: readonly Column<Item>[];
  readonly keyOf: (item: Item) => string;
  /** In place of a table without rows. */
  readonly empty: ReactNode;
}

const ROW = 52;
const AHEAD = 12;

/**
 * A list of any length: only rows near the screen exist, and the next page is read before its place
 * is reached. On a narrow screen each row is a card.
 */
export function Table<Item>({ label, rows, columns, keyOf, empty }: TableProps<Item>) {
  if (rows.isPending) return <Waiting rows={6} />;
  if (rows.error && rows.items.length === 0)
    return <Failure error={rows.error} again={rows.again} />;
  if (rows.items.length === 0) return empty;
  return (
    <div role="table" aria-label={label} aria-rowcount={rows.hasMore ? -1 : rows.items.length + 1}>
      <div role="rowgroup" className="max-md:sr-only">
        <div
          role="row"
          aria-rowindex={1}
          style={{ gridTemplateColumns: tracksOf(columns) }}
          className="grid gap-4 border-b border-line px-5 py-2.5 text-xs font-medium text-ink-faint"
        >
          {columns.map(({ header }) => (
            <div key={header} role="columnheader">
              {header}
            </div>
          ))}
        </div>
      </div>
      <VirtualRows rows={rows} columns={columns} keyOf={keyOf} />
      {rows.hasMore && (
        <div className="flex justify-center border-t border-line p-3">
          <Button size="sm" look="ghost" busy={rows.isReadingMore} onClick={rows.more}>
            Read more
          </Button>
        </div>
      )}
    </div>
  );
}

function tracksOf<Item>(columns: readonly Column<Item>[]): string {
  return columns.map(({ width = 'minmax(0,1fr)' }) => width).join(' ');
}

function VirtualRows<Item>({
  rows,
  columns,
  keyOf,
}: Pick<TableProps<Item>, 'rows' | 'columns' | 'keyOf'>) {
  const body = useRef<HTMLDivElement>(null);
  const { items, hasMore, isReadingMore, more } = rows;
  const virtual = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => ROW,
    overscan: AHEAD,
    scrollMargin: body.current?.offsetTop ?? 0,
    getItemKey: (index) => {
      const item = items[index];
      return item === undefined ? index : keyOf(item);
    },
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  const nearEnd = hasMore && !isReadingMore && rows.error === null && last >= items.length - AHEAD;
  useEffect(() => {
    if (nearEnd) more();
  }, [nearEnd, more]);
  return (
    <div ref={body} role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
      {shown.map(({ key, index, start }) => {
        const item = items[index];
        if (item === undefined) return null;
        const top = start - virtual.options.scrollMargin;
        return (
          <div
            key={key}
            ref={virtual.measureElement}
            data-index={index}
            role="row"
            aria-rowindex={index + 2}
            style={{ transform: `translateY(${top}px)`, gridTemplateColumns: tracksOf(columns) }}
            className="absolute inset-x-0 top-0 flex flex-col gap-1.5 border-b border-line px-4 py-3 text-sm last:border-b-0 hover:bg-hover/60 md:grid md:min-h-13 md:items-center md:gap-4 md:px-5 md:py-2"
          >
            {columns.map((column) => (
              <Cell key={column.header} column={column} item={item} />
            ))}
          </div>
        );
      })}
    </div>
  );
}

function Cell<Item>({ column, item }: { readonly column: Column<Item>; readonly item: Item }) {
  const { narrow, header } = column;
  return (
    <div
      role="cell"
      className={classes(
        'min-w-0 break-words',
        narrow === 'hidden' && 'max-md:hidden',
        narrow === undefined && 'max-md:flex max-md:justify-between max-md:gap-4 max-md:text-right',
        narrow === 'title' && 'max-md:font-medium',
      )}
    >
      {narrow === undefined && (
        <span aria-hidden className="shrink-0 text-ink-faint md:hidden">
          {header}
        </span>
      )}
      <div className="min-w-0">{column.cell(item)}</div>
    </div>
  );
}

/** The link in a row's first cell; all of the row leads there. */
export const ROW_LINK = 'font-medium after:absolute after:inset-0 hover:text-accent-ink';
