import { describe, expect, it } from 'vitest';
import { Together } from '../../src/providers/postgres/together.ts';

/** Pages as they were run; each is answered when the test says so. */
function pages() {
  const run: { items: readonly number[]; end: (error?: Error) => void }[] = [];
  const together = new Together<number, number>(
    (items) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error) => (error ? reject(error) : resolve(items.map((n) => n * 10)));
        run.push({ items, end });
      }),
    { largest: 3, gatherMs: 0 },
  );
  return { run, together };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('work of one resource that is done together', () => {
  it('begins at once; who comes meanwhile shares the next pages, each with its own answer', async () => {
    const { run, together } = pages();
    const first = together.add('a', 1);
    await turn();
    const others = [2, 3, 4, 5].map((n) => together.add('a', n));
    await turn();
    expect(run.map(({ items }) => items)).toEqual([[1]]);
    run[0]?.end();
    await turn();
    run[1]?.end();
    await turn();
    run[2]?.end();
    expect(await Promise.all([first, ...others])).toEqual([10, 20, 30, 40, 50]);
    expect(run.map(({ items }) => items)).toEqual([[1], [2, 3, 4], [5]]);
  });

  it('waits for no other resource, and goes on after a page that failed', async () => {
    const { run, together } = pages();
    const hanging = together.add('a', 1);
    const other = together.add('b', 2);
    await turn();
    run[1]?.end();
    expect(await other).toBe(20);
    const next = together.add('a', 3);
    run[0]?.end(new Error('gone'));
    await expect(hanging).rejects.toThrow('gone');
    await turn();
    run[2]?.end();
    expect(await next).toBe(30);
  });
});
