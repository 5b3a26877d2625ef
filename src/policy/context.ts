import type { CedarValueJson } from '@cedar-policy/cedar-wasm/nodejs';

/**
 * The facts a decision may look at, in the shape of the Cedar schema. Everything but `claimed` was
 * established by the broker; `claimed` is what the agent wrote.
 */
export interface DecisionContext {
  readonly task: {
    readonly id: string;
    /** Who opened it; a broker-verified ticket exists only for operators or by a look-up. */
    readonly opened_by: 'agent' | 'operator';
    /** Unix seconds. */
    readonly opened_at: number;
    readonly verified_ticket?: string;
  };
  readonly time: {
    /** Unix seconds. */
    readonly unix: number;
    /** 0 … 23, UTC. */
    readonly hour: number;
    /** 0 … 59. */
    readonly minute: number;
    /** 1 (Monday) … 7 (Sunday), UTC. */
    readonly weekday: number;
  };
  readonly claimed: { readonly purpose?: string; readonly ticket?: string };
}

export interface ContextFacts {
  /** Unix milliseconds of the database clock. */
  readonly now: number;
  /** Absent: the question is asked outside any task. */
  readonly task?: {
    readonly id: string;
    readonly openedBy: 'agent' | 'operator';
    /** Unix milliseconds. */
    readonly openedAt: number;
    readonly verifiedTicket?: string | undefined;
  };
  readonly claimed?: {
    readonly purpose?: string | undefined;
    readonly ticket?: string | undefined;
  };
}

const SECONDS_A_DAY = 86_400;

/** Builds the context of a decision from what the broker knows; pure arithmetic, no clock. */
export function decisionContext(facts: ContextFacts): DecisionContext {
  const unix = Math.floor(facts.now / 1000);
  const day = Math.floor(unix / SECONDS_A_DAY);
  const second = unix - day * SECONDS_A_DAY;
  const { task, claimed } = facts;
  const ticket = task?.verifiedTicket;
  return {
    task: {
      id: task?.id ?? '',
      opened_by: task?.openedBy ?? 'agent',
      opened_at: task ? Math.floor(task.openedAt / 1000) : unix,
      ...(ticket === undefined ? {} : { verified_ticket: ticket }),
    },
    time: {
      unix,
      hour: Math.floor(second / 3600),
      minute: Math.floor((second % 3600) / 60),
      // 1 January 1970 was a Thursday (4).
      weekday: ((day + 3) % 7) + 1,
    },
    claimed: {
      ...(claimed?.purpose === undefined ? {} : { purpose: claimed.purpose }),
      ...(claimed?.ticket === undefined ? {} : { ticket: claimed.ticket }),
    },
  };
}

/** A path into the context, split: one or two steps. `*` alone is all of it. */
export type FactPath = readonly [string, string?];

type Facts = Record<string, CedarValueJson>;

/**
 * Only the facts that `paths` name, in the same shape. Cedar is handed nothing else, since every
 * byte of a call is serialised, and the decision cache is keyed by exactly this.
 */
export function pickFacts(context: DecisionContext, paths: readonly FactPath[]): Facts {
  const all = context as unknown as Facts;
  const picked: Facts = {};
  for (const [top, leaf] of paths) {
    if (top === '*') return all;
    const value = all[top];
    if (value === undefined) continue;
    if (leaf === undefined) picked[top] = value;
    else picked[top] = { ...asRecord(picked[top]), ...pickLeaf(asRecord(value), leaf) };
  }
  return picked;
}

function asRecord(value: CedarValueJson | undefined): Facts {
  return typeof value === 'object' && value !== null ? (value as Facts) : {};
}

function pickLeaf(record: Facts, leaf: string): Facts {
  const value = Object.hasOwn(record, leaf) ? record[leaf] : undefined;
  return value === undefined ? {} : { [leaf]: value };
}

/** Splits and thins the paths of several rules: `task` makes `task.id` superfluous. */
export function factPaths(paths: Iterable<string>): FactPath[] {
  const all = new Set(paths);
  if (all.has('*')) return [['*']];
  const split = [...all].sort().map((path) => path.split('.', 2) as [string, string?]);
  return split.filter(([top, leaf]) => leaf === undefined || !all.has(top));
}
