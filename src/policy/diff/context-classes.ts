import type { Rule } from '../bundle.ts';
import { type DecisionContext, decisionContext } from '../context.ts';
import { type FactName, type FactReads, type FactTest, factReadsOf } from './fact-tests.ts';
import { momentsOf, NOON, passes } from './moments.ts';
import { textClasses } from './text-classes.ts';

/** One situation that stands for all those which the rules in question cannot tell from it. */
export interface ContextClass {
  readonly context: DecisionContext;
  /** By fact, in words; only facts that some rule reads. */
  readonly words: Readonly<Record<string, string>>;
  readonly key: string;
}

export interface ContextClasses {
  readonly classes: readonly ContextClass[];
  /** Why other situations may differ, as sentences; empty: every situation is one of the classes. */
  readonly gaps: readonly string[];
}

/** Situations one set of rules is asked about; more than that are not combined. */
const MOST_CLASSES = 200;
/** A task lives for at most 8 hours. */
const OLDEST_S = 28_800;

/** What may be chosen for one fact, or for several that hang together. */
interface Dimension {
  readonly name: string;
  readonly choices: readonly Choice[];
}
interface Choice {
  readonly words: string;
  readonly now?: number;
  readonly ageSeconds?: number;
  readonly task?: { id?: string; openedBy?: 'agent' | 'operator'; verifiedTicket?: string };
  readonly claimed?: { purpose?: string; ticket?: string };
}

/** The situations that these rules tell apart, plainest first. */
export function contextClassesOf(rules: readonly Rule[]): ContextClasses {
  const reads = rules.map((rule) => ({ rule, ...factReadsOf(rule) }));
  const gaps = reads.flatMap(gapsOf);
  const tests = uniqueTests(reads.flatMap((it) => it.tests));
  const facts = new Set(reads.flatMap((it) => [...it.facts]));
  const dimensions: Dimension[] = [];
  const add = (name: string, { choices, complete }: Choices) => {
    if (choices.length > 1) dimensions.push({ name, choices });
    if (!complete) gaps.push(`Too many kinds of ${name} to compare them all.`);
  };
  if (facts.has('task.verified_ticket'))
    add('ticket', texts('task.verified_ticket', tests, TICKET));
  if (facts.has('task.opened_by')) add('opener', { choices: OPENERS, complete: true });
  add('time', moments(tests));
  if (facts.has('age')) add('age', ages(tests));
  if (facts.has('claimed.purpose'))
    add('claimed purpose', texts('claimed.purpose', tests, PURPOSE));
  if (facts.has('claimed.ticket')) add('claimed ticket', texts('claimed.ticket', tests, CLAIMED));
  if (facts.has('task.id')) add('task id', texts('task.id', tests, TASK_ID));
  return combine(dimensions, gaps);
}

interface Choices {
  readonly choices: readonly Choice[];
  readonly complete: boolean;
}

const OPENERS: readonly Choice[] = [
  { words: 'opened by the agent', task: { openedBy: 'agent' } },
  { words: 'opened by an operator', task: { openedBy: 'operator' } },
];

/** How a fact that is text is put into words and into the context. */
interface TextFact {
  readonly name: string;
  /** What it usually looks like. */
  readonly usual: string;
  readonly optional: boolean;
  readonly set: (text: string) => Pick<Choice, 'task' | 'claimed'>;
}
const TICKET: TextFact = {
  name: 'verified ticket',
  usual: 'TICKET-1',
  optional: true,
  // Today only an operator's task carries one; what a rule cannot see does not matter.
  set: (verifiedTicket) => ({ task: { verifiedTicket } }),
};
const PURPOSE: TextFact = {
  name: 'claimed purpose',
  usual: 'look into it',
  optional: true,
  set: (purpose) => ({ claimed: { purpose } }),
};
const CLAIMED: TextFact = {
  name: 'claimed ticket',
  usual: 'TICKET-1',
  optional: true,
  set: (ticket) => ({ claimed: { ticket } }),
};
const TASK_ID: TextFact = {
  name: 'task id',
  usual: 'tsk_diff',
  optional: false,
  set: (id) => ({ task: { id } }),
};

function texts(fact: FactName, tests: readonly FactTest[], of: TextFact): Choices {
  const patterns = tests.flatMap((test) =>
    test.fact === fact && 'like' in test ? [test.like] : [],
  );
  const { classes, complete } = textClasses(patterns, of.usual);
  const shown = patterns.map((pattern) => JSON.stringify(pattern.map((it) => it ?? '*').join('')));
  const choices = classes.map(({ fits, example }): Choice => {
    const like = shown.filter((_, at) => fits[at]);
    const unlike = shown.length > 0 ? ` unlike ${shown.join(', ')}` : '';
    const kind = like.length > 0 ? ` like ${like.join(' and ')}` : unlike;
    return { words: `a ${of.name}${kind}`, ...of.set(example) };
  });
  const absent: Choice[] = of.optional ? [{ words: `no ${of.name}` }] : [];
  return { choices: [...absent, ...choices], complete };
}

function moments(tests: readonly FactTest[]): Choices {
  const { moments: found, complete } = momentsOf(tests);
  return { choices: found.map(({ now, text }) => ({ words: text, now })), complete };
}

/** Ages of the task, in seconds, on both sides of every one that is asked about. */
function ages(tests: readonly FactTest[]): Choices {
  const asked = tests.flatMap((test) => (test.fact === 'age' && 'number' in test ? [test] : []));
  const edges = asked.flatMap(({ number }) => [number - 1, number, number + 1]);
  const found = new Map<string, Choice>();
  for (const age of [0, ...edges.sort((a, b) => a - b), OLDEST_S]) {
    if (age < 0 || age > OLDEST_S) continue;
    const kind = asked.map((test) => passes(age, test)).join();
    if (!found.has(kind)) found.set(kind, { words: `opened ${age} s ago`, ageSeconds: age });
  }
  return { choices: [...found.values()], complete: true };
}

/** All combinations, or where those are too many each fact varied by itself. */
function combine(dimensions: readonly Dimension[], gaps: readonly string[]): ContextClasses {
  const plain = dimensions.map(({ choices }) => choices[0] as Choice);
  const total = dimensions.reduce((product, { choices }) => product * choices.length, 1);
  const names = dimensions.map(({ name }) => name);
  if (total <= MOST_CLASSES) {
    const all = dimensions.reduce<Choice[][]>(
      (made, { choices }) => choices.flatMap((choice) => made.map((before) => [...before, choice])),
      [[]],
    );
    return { classes: all.map((choices) => classOf(names, choices)), gaps };
  }
  const varied = dimensions.flatMap(({ choices }, at) =>
    choices
      .slice(1, MOST_CLASSES)
      .map((choice) => plain.map((it, of) => (of === at ? choice : it))),
  );
  const gap = `${total} situations are too many to combine (${names.join(', ')}): each fact was varied by itself.`;
  return {
    classes: [plain, ...varied.slice(0, MOST_CLASSES)].map((choices) => classOf(names, choices)),
    gaps: [...gaps, gap],
  };
}

function classOf(names: readonly string[], choices: readonly Choice[]): ContextClass {
  const chosen: Required<Omit<Choice, 'words'>> = {
    now: NOON,
    ageSeconds: 0,
    task: {},
    claimed: {},
  };
  const all = choices.reduce<typeof chosen>(
    (made, { now, ageSeconds, task, claimed }) => ({
      now: now ?? made.now,
      ageSeconds: ageSeconds ?? made.ageSeconds,
      task: { ...made.task, ...task },
      claimed: { ...made.claimed, ...claimed },
    }),
    chosen,
  );
  const { id = 'tsk_diff', verifiedTicket } = all.task;
  const openedBy = all.task.openedBy ?? (verifiedTicket === undefined ? 'agent' : 'operator');
  const context = decisionContext({
    now: all.now,
    task: { id, openedBy, openedAt: all.now - all.ageSeconds * 1000, verifiedTicket },
    claimed: all.claimed,
  });
  const words = Object.fromEntries(names.map((name, at) => [name, choices[at]?.words ?? '']));
  return { context, words, key: JSON.stringify(context) };
}

function uniqueTests(tests: readonly FactTest[]): FactTest[] {
  return [...new Map(tests.map((test) => [JSON.stringify(test), test])).values()];
}

/** Facts that no choice above covers, because a rule uses them in a way that was not understood. */
function gapsOf({ rule, opaque }: FactReads & { readonly rule: Rule }): string[] {
  // There are only two openers, and both are always compared.
  const open = [...opaque].filter((fact) => fact !== 'task.opened_by');
  if (open.length === 0) return [];
  return [
    `Rule ${rule.id} calculates with ${open.join(', ')}: compared in the listed situations only.`,
  ];
}
