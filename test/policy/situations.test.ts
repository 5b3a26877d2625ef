import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffBundles } from '../../src/policy/diff.ts';
import { momentsOf, passes } from '../../src/policy/diff/moments.ts';
import { textClasses } from '../../src/policy/diff/text-classes.ts';
import type { Comparison, FactTest } from '../../src/policy/diff/fact-tests.ts';
import { withRules } from './bundle-fixture.ts';

const char = fc.constantFrom('a', 'b');
const pattern = fc.array(fc.oneof(char, fc.constant(null)), { maxLength: 4 });

/** Does the text fit the pattern? By the regular expression that it is. */
function fits(of: readonly (string | null)[], text: string): boolean {
  return new RegExp(`^${of.map((it) => it ?? '.*').join('')}$`, 'su').test(text);
}

test('texts: every kind that patterns tell apart comes up, with an example of its kind', () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 3 }), (patterns) => {
      const { classes, complete } = textClasses(patterns, 'usual');
      expect(complete).toBe(true);
      for (const one of classes)
        expect(patterns.map((it) => fits(it, one.example))).toEqual(one.fits);
      const found = new Set(classes.map((one) => String(one.fits)));
      expect(found.size).toBe(classes.length);
      const texts = ['', 'a', 'b', 'c', 'usual'];
      for (let longest = 0; longest < 5; longest += 1) {
        for (const text of [...texts])
          texts.push(...['a', 'b', 'c'].map((it) => text.slice(0, 6) + it));
        if (texts.length > 600) break;
      }
      const kinds = new Set(texts.map((text) => String(patterns.map((it) => fits(it, text)))));
      expect([...kinds].filter((kind) => !found.has(kind))).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('moments: every kind that tests of the clock tell apart comes up', () => {
  const clock = fc.record({
    fact: fc.constantFrom('time.hour' as const, 'time.weekday' as const),
    is: fc.constantFrom<Comparison>('==', '<', '<=', '>', '>='),
    number: fc.integer({ min: -1, max: 25 }),
  });
  fc.assert(
    fc.property(fc.array(clock, { maxLength: 4 }), (tests: FactTest[]) => {
      const kindOf = (now: number) => {
        const [day, hour] = [
          ((new Date(now).getUTCDay() + 6) % 7) + 1,
          new Date(now).getUTCHours(),
        ];
        return tests
          .flatMap((it) =>
            'number' in it ? [passes(it.fact === 'time.hour' ? hour : day, it)] : [],
          )
          .join();
      };
      const { moments, complete } = momentsOf(tests);
      expect(complete).toBe(true);
      const found = moments.map(({ now }) => kindOf(now));
      expect(new Set(found).size).toBe(found.length);
      const start = Date.parse('2031-03-03T00:00:00Z');
      const week = Array.from({ length: 168 }, (_, hour) => kindOf(start + hour * 3_600_000));
      expect([...new Set(week)].sort()).toEqual([...found].sort());
    }),
    { numRuns: 60 },
  );
});

describe('what a comparison says it assumed', () => {
  const permit = (condition: string) =>
    `@id("it") permit (principal, action == Action::"read", resource in Resource::"stage") when { ${condition} };`;
  const rows = (condition: string) => {
    const { assumed, decisions } = diffBundles(withRules(''), withRules(permit(condition)));
    return { when: decisions.map((row) => row.when), ...assumed };
  };

  test.each([
    ['context.task has verified_ticket', 'a verified ticket'],
    [
      'context.task has verified_ticket && context.task.verified_ticket like "OPS-*"',
      'a verified ticket like "OPS-*"',
    ],
    ['context.task.opened_by == "operator"', 'opened by an operator'],
    ['context.time.hour >= 7 && context.time.hour < 20', 'hours 7–19 UTC'],
    ['context.time.hour < 7 || context.time.hour >= 20', 'hours 20–23 UTC or hours 0–6 UTC'],
    ['context.time.weekday <= 5', 'Monday–Friday'],
    ['context.time.unix - context.task.opened_at < 600', 'opened 0 s ago'],
    ['context.time.unix >= 1798761600', 'around 2027-01-01T00:00Z'],
    ['context.claimed has ticket', 'a claimed ticket'],
    [
      'context.task has verified_ticket && context.time.weekday == 6',
      'a verified ticket, Saturday',
    ],
    [
      'context.task has verified_ticket || context.task.opened_by == "operator"',
      'a verified ticket, opened by the agent; or no verified ticket, opened by an operator; or a verified ticket, opened by an operator',
    ],
  ])('%s', (condition, when) => {
    expect(rows(condition)).toMatchObject({ when: [when], complete: true, notes: [] });
  });

  test.each([
    ['context.time.unix + 5 > context.task.opened_at + 10', 'task.opened_at, time.unix'],
    ['context.time.hour * 2 > 20', 'time.hour'],
    ['context.claimed == {}', 'claimed.purpose, claimed.ticket'],
  ])('%s is not understood, and it says so', (condition, facts) => {
    const { complete, notes } = rows(condition);
    expect(complete).toBe(false);
    expect(notes).toEqual([
      `Rule it calculates with ${facts}: compared in the listed situations only.`,
    ]);
  });

  test('too many situations to combine are varied one by one, and it says so', () => {
    const tickets = Array.from({ length: 30 }, (_, at) => `context.claimed.ticket == "${at}"`);
    const hours = Array.from({ length: 12 }, (_, at) => `context.time.hour == ${at}`);
    const { complete, notes, situations } = rows(
      `context.claimed has ticket && (${tickets.join(' || ')}) && (${hours.join(' || ')})`,
    );
    expect(complete).toBe(false);
    expect(notes).toEqual([expect.stringMatching(/^\d+ situations are too many to combine/)]);
    expect(situations.length).toBeLessThanOrEqual(201);
  });
});
