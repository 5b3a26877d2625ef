import { describe, expect, test } from 'vitest';
import { type Check, FactFailed, refusal, withoutPrivilege } from '../../src/main/demo/check.ts';
import { jsonNarrator, textNarrator } from '../../src/main/demo/narrator.ts';
import { tableOf } from '../../src/main/demo/rows.ts';
import { createStep, type StepRecord } from '../../src/main/demo/step.ts';

const sqlError = (code: string) => Promise.reject(Object.assign(new Error('no'), { code }));

function told() {
  const out: string[] = [];
  const controller = new AbortController();
  const step = createStep(
    jsonNarrator((line) => out.push(line)),
    controller.signal,
  );
  const records = () => out.map((line) => JSON.parse(line) as StepRecord);
  return { step, records, interrupt: () => controller.abort(new Error('Interrupted')) };
}

describe('a step', () => {
  test('hands on what it found, and is told with its facts', async () => {
    const { step, records } = told();
    const found = await step('sum', 'It adds', async (check) => {
      check.show(['1 + 1']);
      check.that(1 + 1 === 2, 'two');
      return 2;
    });
    expect(found).toBe(2);
    expect(records()).toMatchObject([{ step: 'sum', ok: true, facts: ['two'], shown: ['1 + 1'] }]);
  });

  test.each<[string, (check: Check) => Promise<void>, string]>([
    ['whose fact does not hold', async (c) => c.that(false, 'two', '3'), 'two (found: 3)'],
    ['that breaks', () => Promise.reject(new Error('broken')), 'broken'],
    ['that checks nothing', async (c) => c.show(['a line']), 'checks something'],
    ['where it worked', (c) => withoutPrivilege(c, 'DELETE', Promise.resolve()), 'it worked'],
    ['refused as read-only', (c) => withoutPrivilege(c, 'DELETE', sqlError('25006')), '25006'],
    [
      'that never asked',
      (c) => withoutPrivilege(c, 'DELETE', Promise.reject(new Error('lost'))),
      'lost',
    ],
  ])('%s ends the story', async (_what, act, problem) => {
    const { step, records } = told();
    await expect(step('sum', 'It adds', act)).rejects.toThrow(`Step 1 (It adds) failed: `);
    expect(records()[0]).toMatchObject({ ok: false, facts: [] });
    expect(records()[0]?.problem).toContain(problem);
  });

  test('does not begin after an interruption, and one that runs is not told as failed', async () => {
    const { step, records, interrupt } = told();
    const running = step('a', 'A', async (check) => {
      interrupt();
      check.that(true, 'too late');
    });
    await expect(running).rejects.toThrow('Interrupted');
    await expect(step('b', 'B', async () => 1)).rejects.toThrow('Interrupted');
    expect(records()).toEqual([]);
  });
});

test('a refusal without privilege holds', async () => {
  const { step, records } = told();
  await step('harm', 'Harm', (check) => withoutPrivilege(check, 'DELETE', sqlError('42501')));
  expect(records()[0]?.facts[0]).toMatch(/^DELETE +42501 {2}no$/);
  await expect(refusal('x', Promise.resolve())).rejects.toBeInstanceOf(FactFailed);
});

test('people see ticks, a short excerpt, and colours only where asked', () => {
  const tell = (color: boolean) => {
    let out = '';
    const narrator = textNarrator((piece) => void (out += piece), color);
    narrator.begin(1, 'Title');
    narrator.fact('a fact');
    narrator.show(Array.from({ length: 9 }, (_, at) => `line ${at} ${'x'.repeat(200)}`));
    return out;
  };
  const plain = tell(false);
  expect(plain).toContain('✓ a fact');
  expect(plain).toContain('… and 3 more');
  expect(Math.max(...plain.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(plain).not.toContain('\u001b');
  expect(tell(true)).toContain('\u001b[');
});

test('rows become a table with numbers to the right', () => {
  expect(
    tableOf([
      { id: 7, name: 'a' },
      { id: 12, name: 'bc' },
    ]),
  ).toEqual(['id  name', ' 7  a', '12  bc']);
  expect(tableOf([])).toEqual(['']);
});
