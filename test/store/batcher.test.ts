import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBatcher } from '../../src/store/batcher.ts';

interface Item {
  readonly key: string;
  readonly n: number;
}

/** A batcher whose batches run when the test says so. */
function bench(
  largest: number,
  fail: (items: readonly Item[]) => boolean = () => false,
  beside: { lanes?: number; worthwhile?: number } = {},
) {
  const batches: (readonly Item[])[] = [];
  const waiting: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const batcher = createBatcher<Item, string>({
    largest,
    ...beside,
    run: async (items) => {
      batches.push(items);
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => waiting.push(resolve));
      running -= 1;
      if (fail(items)) throw new Error('poisoned');
      return items.map((item) => `${item.key}${item.n}`);
    },
    full: () => new Error('full'),
    mayBeOne: (error) => (error as Error).message === 'poisoned',
  });
  /** Lets the running batch end and the next one start; false when none runs. */
  async function next(): Promise<boolean> {
    await settle();
    const go = waiting.shift();
    go?.();
    await settle();
    return go !== undefined;
  }
  return {
    batches,
    most: () => most,
    add: (key: string, n = 0) => batcher.add(key, { key, n }),
    next,
    finish: async () => {
      while (await next());
    },
  };
}

/** All microtasks that are due. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

const floods = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 });

describe('the batcher', () => {
  it('gives each caller its own outcome, in batches that are bounded and run one at a time', async () => {
    await fc.assert(
      fc.asyncProperty(floods, fc.integer({ min: 1, max: 9 }), async (sizes, largest) => {
        const { add, batches, finish, most } = bench(largest);
        const wanted: string[] = [];
        const answers = sizes.flatMap((size, key) =>
          Array.from({ length: size }, (_, n) => {
            wanted.push(`k${key}.${n}`);
            return add(`k${key}.`, n);
          }),
        );
        await finish();
        expect(await Promise.all(answers)).toEqual(wanted);
        expect(most()).toBe(1);
        expect(batches.every((batch) => batch.length <= largest)).toBe(true);
        expect(batches).toHaveLength(Math.ceil(wanted.length / largest));
      }),
      { numRuns: 60 },
    );
  });

  it('lets keys take turns: who still waits has had as many turns as anybody, give or take one', async () => {
    await fc.assert(
      fc.asyncProperty(floods, fc.integer({ min: 1, max: 9 }), async (sizes, largest) => {
        const { add, batches, finish } = bench(largest);
        const answers = sizes.flatMap((size, key) =>
          Array.from({ length: size }, (_, n) => add(`k${key}.`, n)),
        );
        await finish();
        await Promise.all(answers);
        const taken = sizes.map(() => 0);
        for (const batch of batches) {
          for (const { key, n } of batch) {
            const index = Number(key.slice(1, -1));
            // Within a key, in the order of arrival.
            expect(n).toBe(taken[index]);
            taken[index] = n + 1;
          }
          const most = Math.max(...taken);
          const waits = taken.filter((count, index) => count < (sizes[index] ?? 0));
          for (const count of waits) expect(most - count).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 120 },
    );
  });

  it('takes a newcomer into the very next batch, whatever is queued by others', async () => {
    const { add, batches, next, finish } = bench(4);
    const flood = Array.from({ length: 1_000 }, (_, n) => add('flood', n));
    await next();
    const other = add('other', 1);
    // One batch was under way already: the one after it has the newcomer.
    const underWay = batches.length;
    await next();
    expect(batches[underWay]?.some((item) => item.key === 'other')).toBe(true);
    await finish();
    await Promise.all([...flood, other]);
  });

  it('turns away what one key queues beyond 1,024, and that key only', async () => {
    const { add, finish } = bench(512);
    const kept = Array.from({ length: 1_024 }, (_, n) => add('flood', n));
    await expect(add('flood', 1_024)).rejects.toThrow('full');
    const other = add('other');
    await finish();
    await Promise.all([...kept, other]);
    const again = add('flood', 1);
    await finish();
    await again;
  });

  it('lets a bad item fail alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(19), { maxLength: 6 }), async (bad) => {
        const { add, finish } = bench(8, (items) => items.some((item) => bad.includes(item.n)));
        const answers = Array.from({ length: 20 }, (_, n) => add(`k${n % 3}.`, n));
        const outcomes = Promise.allSettled(answers);
        await finish();
        expect((await outcomes).map(({ status }) => status === 'rejected')).toEqual(
          Array.from({ length: 20 }, (_, n) => bad.includes(n)),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('fails a batch as a whole, once, when it is nobody’s doing, and goes on', async () => {
    let away = true;
    let runs = 0;
    const batcher = createBatcher<number, number>({
      largest: 10,
      run: async (items) => {
        runs += 1;
        if (away) throw new Error('away');
        return items;
      },
      full: () => new Error('full'),
      mayBeOne: () => false,
    });
    const first = await Promise.allSettled([1, 2, 3].map((n) => batcher.add('k', n)));
    expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(runs).toBe(1);
    away = false;
    expect(await batcher.add('k', 4)).toBe(4);
  });

  it('sets a second batch out beside the first only when enough wait, and forgets nobody', async () => {
    const { add, batches, next, finish } = bench(8, undefined, { lanes: 2, worthwhile: 3 });
    const answers = [add('a'), add('b')];
    await next(); // both were in the first batch, which ends here
    answers.push(add('c'));
    await settle();
    answers.push(add('d'), add('e'));
    await settle();
    expect(batches.map((batch) => batch.length)).toEqual([2, 1]);
    answers.push(add('f'));
    await settle();
    expect(batches.map((batch) => batch.length)).toEqual([2, 1, 3]);
    answers.push(add('g'));
    await finish();
    expect(await Promise.all(answers)).toEqual(['a0', 'b0', 'c0', 'd0', 'e0', 'f0', 'g0']);
    expect(batches.map((batch) => batch.length)).toEqual([2, 1, 3, 1]);
  });
});
