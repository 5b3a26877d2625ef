import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { classifySql } from '../../src/classify/sql/classify.ts';
import { loadParser } from '../../src/classify/sql/parse.ts';

beforeAll(() => loadParser());

const column = fc.constantFrom('a', 'b', 't.a', '"C d"');
const literal = fc.oneof(
  fc.integer({ min: 0, max: 99 }).map(String),
  fc.constantFrom("'where'", "'it''s; delete'", '$1', '$2', 'null', "E'\\n'", '$q$ returning $q$'),
);
const operator = fc.constantFrom('=', '<>', '<', '>=', '+', '||', 'like', 'is distinct from');

/** Expressions of which every part is understood; `hole` may put something else in one place. */
function expressions(hole: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.letrec<{ whole: string; leaf: string }>((tie) => ({
    leaf: fc.oneof(column, literal, hole),
    whole: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      tie('leaf'),
      fc.tuple(tie('whole'), operator, tie('whole')).map(([l, op, r]) => `(${l} ${op} ${r})`),
      fc.tuple(tie('whole'), tie('whole')).map(([l, r]) => `coalesce(${l}, ${r})`),
      fc.tuple(tie('whole'), tie('whole')).map(([l, r]) => `case when ${l} is null then ${r} end`),
      tie('whole').map((one) => `lower((${one})::text)`),
      tie('whole').map((one) => `(${one} in (${one}, 1))`),
      tie('whole').map((one) => `array[${one}]`),
    ),
  })).whole;
}

const known = expressions(column);
const space = fc.constantFrom(' ', '\n', '\t', ' /* where $3 ; */ ', ' -- returning $3\n');

it('understands what is made of known parts, and counts exactly its condition', async () => {
  await fc.assert(
    fc.asyncProperty(
      known,
      known,
      fc.array(space, { minLength: 4, maxLength: 4 }),
      async (set, where, s) => {
        const condition = `a = ${where}`;
        const sql = `update t set${s[0]}b = ${set}${s[1]}where${s[2]}${condition}${s[3]}returning a`;
        const answer = await classifySql(sql, ['x', 'y']);
        if ('problem' in answer) throw new Error(`${answer.problem}: ${sql}`);
        expect(answer.understood.effect).toBe('write');
        const { countable } = answer.understood;
        if (!countable || !('condition' in countable)) throw new Error(`not counted: ${sql}`);
        // With its values put back it is the text that was sent, but for spaces and comments at its ends.
        const back = countable.condition.replaceAll(/\$([12])(?![0-9$])/g, (_, n: string) =>
          countable.params[Number(n) - 1] === 'x' ? '$1' : '$2',
        );
        expect(back.endsWith(condition)).toBe(true);
      },
    ),
  );
});

const POISON = fc.constantFrom(
  'evil()',
  'public.lower(a)',
  "nextval('s')",
  'pg_sleep(1)',
  '(1 operator(public.+) 1)',
  "('x'::evil)",
  '(select evil())',
  '(select 1 from (delete_it()) x)',
  "set_config('a', 'b', true)",
);

it('is destroy wherever something stands in it that is not known', async () => {
  const places = [
    (e: string) => `select ${e} from t`,
    (e: string) => `select 1 from t where a = ${e}`,
    (e: string) => `select 1 from t order by ${e}`,
    (e: string) => `select 1 from t limit ${e}`,
    (e: string) => `with x as (select ${e}) select 1`,
    (e: string) => `update t set a = ${e} where b = 1`,
    (e: string) => `update t set a = 1 where b = ${e}`,
    (e: string) => `delete from t where b = 1 returning ${e}`,
    (e: string) => `insert into t values (${e})`,
    (e: string) => `select 1 from t join s on a = ${e}`,
    (e: string) => `select count(*) filter (where ${e} is null) over (order by a) from t`,
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...places),
      expressions(column),
      POISON,
      fc.boolean(),
      async (place, expression, poison, first) => {
        const e = first
          ? `coalesce(${poison}, ${expression})`
          : `coalesce(${expression}, ${poison})`;
        const answer = await classifySql(place(e), ['x', 'y']);
        if ('understood' in answer) {
          expect(answer.understood.effect).toBe('destroy');
          expect(answer.understood.countable).toBeUndefined();
        }
      },
    ),
  );
});

it('answers every text, in one way or the other', async () => {
  const pieces = fc.array(
    fc.oneof(
      fc.constantFrom(
        'select',
        'delete from',
        'where',
        ';',
        '(',
        ')',
        '$1',
        "'",
        '--',
        '/*',
        '*/',
        '"',
        't',
        ',',
        '=',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
    ),
    { maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(pieces, async (parts) => {
      const answer = await classifySql(parts.join(' '));
      expect('problem' in answer || answer.understood.effect !== undefined).toBe(true);
    }),
  );
  expect(await classifySql('select 1')).toHaveProperty('understood');
});
