/** Rows as a small table, numbers to the right. */
export function tableOf(rows: readonly Readonly<Record<string, unknown>>[]): string[] {
  const names = Object.keys(rows[0] ?? {});
  const cells = [names, ...rows.map((row) => names.map((name) => String(row[name])))];
  const widths = names.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  const toRight = names.map((_, at) =>
    cells.slice(1).every((line) => /^[\d.]+$/.test(line[at] ?? '')),
  );
  return cells.map((line) =>
    line
      .map((cell, at) =>
        toRight[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

/** `120000` as `120,000`. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}
