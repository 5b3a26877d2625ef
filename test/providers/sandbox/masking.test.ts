import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TemplateDefinition } from '../../../src/domain/template.ts';
import type {
  MaskedColumn,
  SourceColumn,
} from '../../../src/providers/postgres/sandbox/masking/column.ts';
import { MaskRows } from '../../../src/providers/postgres/sandbox/masking/copy-text.ts';
import { maskerOf } from '../../../src/providers/postgres/sandbox/masking/masks.ts';
import {
  type IntegerBits,
  permuteInteger,
} from '../../../src/providers/postgres/sandbox/masking/permute.ts';
import {
  type ForeignKey,
  planMasking,
  type SourceTable,
} from '../../../src/providers/postgres/sandbox/masking/plan.ts';

const KEY = Buffer.alloc(32, 7);

function column(change: Partial<MaskedColumn> = {}): MaskedColumn {
  return {
    name: 'email',
    notNull: false,
    generated: false,
    type: 'text',
    category: 'S',
    length: null,
    readable: true,
    unique: true,
    mask: 'hash',
    domain: 'public.customers.email',
    ...change,
  };
}
const mask = (one: MaskedColumn, value: string, secret = KEY) =>
  maskerOf(one, secret)?.(Buffer.from(value));

describe('the permutation of integers', () => {
  it.each<[IntegerBits, bigint]>([
    [16, 2n ** 15n],
    [32, 2n ** 31n],
    [64, 2n ** 63n],
  ])('of %i bits stays in range, keeps the sign and never meets', (bits, top) => {
    const any = fc.bigInt({ min: -top, max: top - 1n });
    fc.assert(
      fc.property(any, any, (a, b) => {
        const [x, y] = [permuteInteger(KEY, bits, a), permuteInteger(KEY, bits, b)];
        expect(x >= -top && x < top && x < 0n === a < 0n).toBe(true);
        expect(x === y).toBe(a === b);
      }),
      { numRuns: 200 },
    );
  });

  it('of 16 bits is onto', () => {
    const seen = new Set<bigint>();
    for (let value = 0n; value < 2n ** 15n; value += 1n) seen.add(permuteInteger(KEY, 16, value));
    expect(seen.size).toBe(2 ** 15);
  });
});

describe('masks', () => {
  it('depend on value, key and domain, and on nothing else', () => {
    for (const one of [
      column(),
      column({ mask: 'fake' }),
      column({ type: 'uuid', category: 'U' }),
      column({ type: 'bytea', category: 'U' }),
    ]) {
      const value = mask(one, 'dana@example.com');
      expect(value).toBe(mask(one, 'dana@example.com'));
      expect(value).toBe(mask({ ...one, name: 'contact' }, 'dana@example.com'));
      expect(value).not.toBe(mask(one, 'omar@example.com'));
      expect(value).not.toBe(mask(one, 'dana@example.com', Buffer.alloc(32, 8)));
      expect(value).not.toBe(mask({ ...one, domain: 'public.staff.email' }, 'dana@example.com'));
      expect(value).not.toContain('dana');
    }
  });

  it('fit the column, and stay unique in it', () => {
    const values = Array.from({ length: 2_000 }, (_, at) => `user${at}`);
    for (const one of [
      column({ length: 16 }),
      column({ mask: 'fake', length: 60 }),
      column({ mask: 'fake', domain: 'public.customers.name' }),
      column({ type: 'uuid', category: 'U' }),
    ]) {
      const masked = values.map((value) => mask(one, value) ?? '');
      expect(new Set(masked).size).toBe(values.length);
      expect(Math.max(...masked.map(({ length }) => length))).toBeLessThanOrEqual(one.length ?? 60);
    }
  });
});

describe('rows on their way', () => {
  const escape = (value: string | null) =>
    value === null
      ? '\\N'
      : value.replace(
          /[\\\b\f\n\r\t\v]/g,
          (letter) => `\\${'\\bfnrtv'['\\\b\f\n\r\t\v'.indexOf(letter)]}`,
        );

  it('come out with kept fields untouched, however they are cut', async () => {
    const field = fc.option(
      fc.string({ unit: 'binary', maxLength: 20 }).map((one) => one.replaceAll('\0', '')),
    );
    const rows = fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 9 }), async (all, size) => {
        const bytes = Buffer.from(all.map((row) => `${row.map(escape).join('\t')}\n`).join(''));
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
        let counted = 0;
        const seen: string[] = [];
        const masker = (value: Buffer) => {
          seen.push(value.toString());
          return 'X';
        };
        const rowsOut = new MaskRows([undefined, masker], (count) => {
          counted += count;
        });
        const out = await text(Readable.from(chunks).pipe(rowsOut));
        expect(out).toBe(
          all.map(([kept, gone]) => `${escape(kept)}\t${gone === null ? '\\N' : 'X'}\n`).join(''),
        );
        expect(counted).toBe(all.length);
        expect(seen).toEqual(all.flatMap(([, gone]) => (gone === null ? [] : [gone])));
      }),
      { numRuns: 100 },
    );
  });

  it('are refused where their fields do not match the columns, or the stream is cut', async () => {
    const run = (bytes: string) =>
      text(Readable.from([Buffer.from(bytes)]).pipe(new MaskRows([() => 'X'], () => undefined)));
    await expect(run('a\tb\n')).rejects.toThrow();
    await expect(run('a')).rejects.toThrow();
  });
});

describe('the plan', () => {
  const source = (name: string, change: Partial<SourceColumn> = {}): SourceColumn => {
    const { mask: _mask, domain: _domain, ...rest } = column({ name, unique: false, ...change });
    return rest;
  };
  const tables: SourceTable[] = ['a', 'b', 'c'].map((name) => ({
    key: `public.${name}`,
    schema: 'public',
    name,
    partitioned: false,
    columns: [source('id', { unique: true }), source('ref'), source('note')],
  }));
  const chain: ForeignKey[] = [
    { name: 'one', table: 'public.b', column: 'ref', toTable: 'public.a', toColumn: 'id' },
    { name: 'two', table: 'public.c', column: 'ref', toTable: 'public.b', toColumn: 'ref' },
  ];
  const plan = (definition: Partial<TemplateDefinition>) => {
    const planned = planMasking(tables, chain, {
      source: 's',
      personal: [],
      masking: {},
      ...definition,
    });
    if ('problems' in planned) throw new Error(planned.problems.join(' '));
    return Object.fromEntries(
      planned.plan.flatMap(({ table, columns }) =>
        columns.map((one) => [`${table.name}.${one.name}`, `${one.mask} ${one.domain}`]),
      ),
    );
  };

  it('follows foreign keys to the end of their chain, in one domain', () => {
    const made = plan({ masking: { 'public.a': { id: 'hash' } } });
    expect([made['a.id'], made['b.ref'], made['c.ref']]).toEqual(Array(3).fill('hash public.a.id'));
    expect(made['a.note']).toBe('keep public.a.note');
  });

  it('makes what is personal and has no rule null, and never keeps it', () => {
    fc.assert(
      fc.property(
        fc.subarray(['public.a', 'public.b', 'public.c', 'public.a.note']),
        (personal) => {
          const made = plan({ personal });
          for (const [key, value] of Object.entries(made)) {
            const marked = personal.some(
              (entry) => `public.${key}`.startsWith(`${entry}.`) || `public.${key}` === entry,
            );
            if (marked) expect(value).toMatch(/^null /);
          }
        },
      ),
    );
  });
});
