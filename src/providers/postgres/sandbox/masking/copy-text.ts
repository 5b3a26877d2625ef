import { Transform, type TransformCallback } from 'node:stream';
import { internal } from '../../../../domain/errors.ts';
import type { Masker } from './masks.ts';

const ESCAPES: Readonly<Record<string, number>> = { b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 };
/** A line that is longer than this is no row we could hold in memory. */
const LONGEST_LINE = 256 * 2 ** 20;

/**
 * Masks rows in COPY's text format while they pass: fields that are kept go through as the bytes they are, the
 * others are replaced. NULL stays NULL. Memory: one chunk, and the row that is cut by its end.
 * @param maskers one per field; `undefined` keeps it
 */
export class MaskRows extends Transform {
  readonly #maskers: readonly (Masker | undefined)[];
  readonly #onRows: (rows: number) => void;
  readonly #plain: boolean;
  #rest: Buffer[] = [];
  #restLength = 0;

  constructor(maskers: readonly (Masker | undefined)[], onRows: (rows: number) => void) {
    super({ highWaterMark: 65_536 });
    this.#maskers = maskers;
    this.#onRows = onRows;
    this.#plain = maskers.every((masker) => masker === undefined);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      const end = chunk.lastIndexOf(10) + 1;
      if (this.#plain) {
        this.#onRows(countLines(chunk));
        done(null, chunk);
        return;
      }
      if (end === 0) this.#keep(chunk);
      else {
        const whole = Buffer.concat([...this.#rest, chunk.subarray(0, end)]);
        this.#rest = [];
        this.#restLength = 0;
        // A copy, so that the chunk can go.
        if (end < chunk.length) this.#keep(Buffer.from(chunk.subarray(end)));
        this.push(this.#maskLines(whole));
      }
      done();
    } catch (error) {
      done(error instanceof Error ? error : internal(error));
    }
  }

  override _flush(done: TransformCallback): void {
    done(this.#restLength > 0 ? internal('COPY ended within a row') : null);
  }

  #keep(part: Buffer): void {
    this.#rest.push(part);
    this.#restLength += part.length;
    if (this.#restLength > LONGEST_LINE) throw internal('a row is too long to be masked');
  }

  /** Bytes as Latin-1 characters: one to one, so that what is kept is what it was. */
  #maskLines(lines: Buffer): Buffer {
    const rows = lines.toString('latin1').slice(0, -1).split('\n');
    this.#onRows(rows.length);
    let text = '';
    for (const row of rows) {
      const fields = row.split('\t');
      if (fields.length !== this.#maskers.length)
        throw internal('a row has another number of fields');
      for (let index = 0; index < fields.length; index += 1) {
        const masker = this.#maskers[index];
        const field = fields[index] ?? '';
        if (masker && field !== '\\N') fields[index] = masker(unescape(field));
      }
      text += `${fields.join('\t')}\n`;
    }
    return Buffer.from(text, 'latin1');
  }
}

function countLines(chunk: Buffer): number {
  let rows = 0;
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) rows += 1;
  return rows;
}

/** The value's bytes; what the server writes after a backslash is a letter or the character itself. */
function unescape(field: string): Buffer {
  if (!field.includes('\\')) return Buffer.from(field, 'latin1');
  const text = field.replace(/\\(.)/gs, (_, letter: string) => {
    const code = ESCAPES[letter];
    return code === undefined ? letter : String.fromCharCode(code);
  });
  return Buffer.from(text, 'latin1');
}
