import type { Comparison, FactName, FactTest } from './fact-tests.ts';

/** Monday 5 January 2026, noon UTC: the moment to ask about where no rule cares which. */
export const NOON = Date.parse('2026-01-05T12:00:00Z');

/** A moment that stands for all moments which the rules cannot tell from it. */
export interface Moment {
  /** Unix milliseconds. */
  readonly now: number;
  readonly text: string;
}

export type NumberTest = { readonly is: Comparison; readonly number: number };

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const CLOCK = { 'time.weekday': [1, 7], 'time.hour': [0, 23], 'time.minute': [0, 59] } as const;
type ClockFact = keyof typeof CLOCK;
const CLOCK_FACTS = Object.keys(CLOCK) as ClockFact[];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const WEEK = 168 * HOUR;
/** Absolute dates that are told apart; each costs a walk over one week. */
const MOST_DATES = 8;

/** Does the number pass the test? */
export function passes(value: number, { is, number }: NumberTest): boolean {
  if (is === '==') return value === number;
  if (is === '<') return value < number;
  if (is === '<=') return value <= number;
  return is === '>' ? value > number : value >= number;
}

/**
 * One moment for each kind of moment that these tests tell apart. The clock's facts hang together
 * (the date decides the weekday), so real moments are walked over, minute by minute or hour by hour.
 */
export function momentsOf(tests: readonly FactTest[]): { moments: Moment[]; complete: boolean } {
  const of = (fact: FactName) =>
    tests.flatMap((test) => (test.fact === fact && 'number' in test ? [test] : []));
  const clock = CLOCK_FACTS.map((fact) => ({ fact, tests: of(fact) }));
  const dates = of('time.unix');
  const found = new Map<string, Moment>();
  const starts = startsOf(dates);
  for (const { from, to } of starts.intervals) {
    for (const now of walk(
      from,
      to,
      of('time.minute').length > 0,
      clock.some((it) => it.tests.length > 0),
    )) {
      const kind = kindOf(now, clock, dates);
      if (!found.has(kind)) found.set(kind, { now, text: textOf(now, clock, dates) });
    }
  }
  return { moments: [...found.values()], complete: starts.complete };
}

/** Stretches of time between the dates that are asked about, in milliseconds; today's first. */
function startsOf(dates: readonly NumberTest[]) {
  const edges = [...new Set(dates.flatMap(({ number }) => [number, number + 1]))]
    .filter((edge) => edge > 0 && edge < 8_640_000_000_000)
    .sort((a, b) => a - b)
    .map((edge) => edge * 1000);
  const kept = edges.slice(0, MOST_DATES);
  const intervals = [0, ...kept].map((from, at) => {
    const to = kept[at] ?? Number.POSITIVE_INFINITY;
    if (from <= NOON && NOON < to) return { from: NOON, to };
    // Before the first date there is no beginning to walk from.
    return { from: at === 0 ? Math.max(0, to - WEEK) : from, to };
  });
  intervals.sort((a, b) => Number(b.from === NOON) - Number(a.from === NOON));
  return { intervals, complete: kept.length === edges.length };
}

function* walk(from: number, to: number, byMinute: boolean, byClock: boolean): Generator<number> {
  yield from;
  if (!byClock) return;
  const step = byMinute ? MINUTE : HOUR;
  const end = Math.min(to, from + WEEK);
  for (let now = Math.ceil((from + 1) / step) * step; now < end; now += step) yield now;
}

type ClockTests = readonly { readonly fact: ClockFact; readonly tests: readonly NumberTest[] }[];

function kindOf(now: number, clock: ClockTests, dates: readonly NumberTest[]): string {
  const on = clock.map(({ fact, tests }) => passed(valueOf(fact, now), tests));
  return [passed(Math.floor(now / 1000), dates), ...on].join('|');
}

function passed(value: number, tests: readonly NumberTest[]): string {
  return tests.map((test) => (passes(value, test) ? 1 : 0)).join('');
}

function valueOf(fact: ClockFact, now: number): number {
  const date = new Date(now);
  if (fact === 'time.weekday') return ((date.getUTCDay() + 6) % 7) + 1;
  return fact === 'time.hour' ? date.getUTCHours() : date.getUTCMinutes();
}

/** All values that the tests cannot tell from this moment's: `Monday–Friday, hours 7–19 UTC`. */
function textOf(now: number, clock: ClockTests, dates: readonly NumberTest[]): string {
  const parts = clock.flatMap(({ fact, tests }) => {
    if (tests.length === 0) return [];
    const [first, last] = CLOCK[fact];
    const kind = passed(valueOf(fact, now), tests);
    const alike = Array.from({ length: last - first + 1 }, (_, at) => first + at).filter(
      (value) => passed(value, tests) === kind,
    );
    if (fact === 'time.weekday') return [ranges(alike, (day) => DAYS[day - 1] ?? '')];
    return [`${fact === 'time.hour' ? 'hours' : 'minutes'} ${ranges(alike, String)} UTC`];
  });
  if (dates.length > 0) parts.push(`around ${new Date(now).toISOString().slice(0, 16)}Z`);
  return parts.join(', ');
}

/** `0–6 and 20–23` */
function ranges(values: readonly number[], name: (value: number) => string): string {
  const runs: number[][] = [];
  for (const value of values) {
    const run = runs.at(-1);
    if (run && run.at(-1) === value - 1) run.push(value);
    else runs.push([value]);
  }
  const said = runs.map((run) => {
    const [first = 0, last = first] = [run[0], run.at(-1)];
    return first === last ? name(first) : `${name(first)}–${name(last)}`;
  });
  return said.join(' and ');
}
