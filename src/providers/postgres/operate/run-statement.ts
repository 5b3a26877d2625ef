import pg from 'pg';
import type { ExactStatement, Parameter } from '../../../domain/operation.ts';
import type { StatementResult } from '../../../ports/provider.ts';

/** Too much was answered: the connection was cut, which rolls back. */
export class TooMuch extends Error {}

/** What may still come. */
export interface Room {
  rows: number;
  bytes: number;
}

interface Raw {
  readonly columns: readonly { readonly name: string; readonly oid: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly rowCount: number;
}

/** How a value travels: the server reads it as what its place in the statement says. */
function textOf(value: Parameter): string | null {
  return value === null ? null : String(value);
}

const AS_TEXT = { getTypeParser: () => (value: string) => value };

/**
 * Runs one statement byte for byte by the extended protocol, which takes one statement only, and reads its
 * answer as text while there is room.
 * @throws TooMuch, or what the driver threw
 */
export function runStatement(
  client: pg.ClientBase,
  { sql, params }: ExactStatement,
  room: Room,
): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const rows: (string | null)[][] = [];
    const isFull = () => room.rows < 0 || room.bytes < 0;
    const config = {
      text: sql,
      values: params.map(textOf),
      rowMode: 'array' as const,
      types: AS_TEXT,
      // Also where there are no values; the driver's types do not know it.
      queryMode: 'extended',
      // Not as an event: the driver has errors take this way only, once it keeps time.
      callback: (error: Error | null, result: pg.QueryArrayResult) => {
        if (isFull()) return reject(new TooMuch('too much'));
        if (error) return reject(error);
        const columns = result.fields.map(({ name, dataTypeID }) => ({ name, oid: dataTypeID }));
        resolve({ columns, rows, rowCount: result.rowCount ?? 0 });
      },
    };
    const query = new pg.Query<(string | null)[]>(config);
    query.on('row', (row) => {
      room.rows -= 1;
      room.bytes -= row.reduce((sum, value) => sum + Buffer.byteLength(value ?? '') + 8, 0);
      if (isFull()) cut(client);
      else rows.push(row);
    });
    client.query(query);
  });
}

/** The driver has no such call: the server hears of it when it goes on writing. */
function cut(client: pg.ClientBase): void {
  const { connection } = client as unknown as {
    readonly connection?: { readonly stream?: { destroy(): void } };
  };
  connection?.stream?.destroy();
}

/** The same with the names of types. */
export async function named(client: pg.ClientBase, raw: Raw): Promise<StatementResult> {
  const oids = [...new Set(raw.columns.map(({ oid }) => oid))];
  const { rows } = await client.query<{ oid: number; name: string }>(
    `SELECT t.oid::int8::float8 AS oid, pg_catalog.format_type(t.oid, NULL) AS name
     FROM pg_catalog.unnest($1::oid[]) AS t(oid)`,
    [oids],
  );
  const names = new Map(rows.map(({ oid, name }) => [oid, name]));
  return {
    columns: raw.columns.map(({ name, oid }) => ({ name, type: names.get(oid) ?? 'unknown' })),
    rows: raw.rows,
    rowCount: raw.rowCount,
  };
}
