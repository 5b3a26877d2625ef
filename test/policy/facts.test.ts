import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decisionContext, factPaths, pickFacts } from '../../src/policy/context.ts';
import { withRules, WITH_TICKET } from './bundle-fixture.ts';

describe('the context of a decision', () => {
  test('time is UTC, for any moment', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (now) => {
        const { time } = decisionContext({ now });
        const date = new Date(now);
        expect(time).toEqual({
          unix: Math.floor(now / 1000),
          hour: date.getUTCHours(),
          minute: date.getUTCMinutes(),
          weekday: date.getUTCDay() || 7,
        });
      }),
    );
  });

  test('outside a task nothing is verified', () => {
    const context = decisionContext({ now: 5_000, claimed: { ticket: 'OPS-12' } });
    expect(context.task).toEqual({ id: '', opened_by: 'agent', opened_at: 5 });
    expect(context.claimed).toEqual({ ticket: 'OPS-12' });
  });
});

describe('the facts that a rule reads', () => {
  const READS: [condition: string, facts: string[]][] = [
    [
      'context.task has verified_ticket && context.task.verified_ticket like "OPS-*"',
      ['task.verified_ticket'],
    ],
    ['context["time"]["hour"] > 8 && context.time.weekday < 6', ['time.hour', 'time.weekday']],
    ['context.claimed == {}', ['claimed']],
    ['context has task.verified_ticket', ['task.verified_ticket']],
    ['context == context', ['*']],
    ['{"__entity": context.task.id} == {"__entity": "x"}', ['task.id']],
    [
      '{"Value": context.task.id, "Var": "context", ".": context.time.hour} == {}',
      ['task.id', 'time.hour'],
    ],
    ['(if context.time.hour > 3 then context else context).task.id == "x"', ['*', 'time.hour']],
    ['[context.task].contains({id: "x", opened_at: 1, opened_by: "agent"})', ['task']],
    ['principal in Team::"support"', []],
  ];

  test.each(READS)('%s', (condition, facts) => {
    const { rules } = withRules(
      `@id("x") permit (principal, action, resource) when { ${condition} };`,
    );
    expect(rules[0]?.reads.context).toEqual(facts);
  });

  test('only those are handed on, in their shape', () => {
    const pick = (...paths: string[]) => pickFacts(WITH_TICKET, factPaths(paths));
    expect(pick('task.verified_ticket', 'time.hour')).toEqual({
      task: { verified_ticket: 'OPS-12' },
      time: { hour: 12 },
    });
    expect(pick('task', 'task.id')).toEqual({ task: WITH_TICKET.task });
    expect(pick('claimed.purpose')).toEqual({ claimed: {} });
    expect(pick('*', 'time')).toEqual(WITH_TICKET);
    expect(pick()).toEqual({});
  });
});
