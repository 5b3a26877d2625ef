import type { Effect } from '../domain/effect.ts';
import type { Access } from './diff/access.ts';
import { Answers } from './diff/answers.ts';
import { type Asker, audiencesOf, type KnownAgent, type Subject } from './diff/audiences.ts';
import { Numbers, Side } from './diff/side.ts';
import { inWords } from './diff/situations.ts';
import type { Policy } from './policy.ts';

/** What is not denied, and in which situations. */
export interface Opening {
  /** `always`, or the situations in words. */
  readonly when: string;
  readonly access: Access;
}

export interface WhoCanRow extends Opening {
  readonly subject: Subject;
  /** Names of the agents that no rule tells apart from it. */
  readonly agents: readonly string[];
}

export interface WhatCanRow extends Opening {
  readonly scope: string;
  readonly action: Effect;
}

/** What situations were not looked at, as sentences; none: all were. */
export interface Told<T> {
  readonly items: readonly T[];
  readonly notes: readonly string[];
}

/** Who gets a scope, by the function that decides requests: each kind of agent, each situation. */
export function whoCan(
  policy: Policy,
  known: readonly KnownAgent[],
  asked: { readonly scope: string; readonly action: Effect },
): Told<WhoCanRow> {
  const side = new Side(policy, new Numbers());
  const answers = new Answers();
  const own = side.scope(asked.scope)?.effect;
  const items = audiencesOf(policy.bundle, policy.bundle, known).flatMap(
    ({ subject, agents, after: asker }) => {
      // Operations need a token for the scope first.
      const minted = own ? openings(side, answers, { scope: asked.scope, action: own, asker }) : [];
      if (minted.length === 0) return [];
      return openings(side, answers, { ...asked, asker }).map((opening) => {
        return { subject, agents, ...opening };
      });
    },
  );
  return { items, notes: answers.gaps };
}

/** What an agent gets: every scope, each effect that operations under it may have, each situation. */
export function whatCan(policy: Policy, asker: Asker): Told<WhatCanRow> {
  const side = new Side(policy, new Numbers());
  const answers = new Answers();
  const items = [...policy.bundle.scopes.values()].flatMap((scope) => {
    const own = openings(side, answers, { scope: scope.id, action: scope.effect, asker });
    // Operations need a token for the scope first.
    const actions = own.length > 0 ? side.actions(scope) : [];
    return actions.flatMap((action) =>
      openings(side, answers, { scope: scope.id, action, asker }).map((opening) => {
        return { scope: scope.id, action, ...opening };
      }),
    );
  });
  return { items, notes: answers.gaps };
}

function openings(
  side: Side,
  answers: Answers,
  question: { scope: string; action: Effect; asker: Asker | undefined },
): Opening[] {
  const { asker, scope, action } = question;
  const sight = asker && side.sight(asker, scope, action);
  const situations = answers.situations([sight]);
  const found = new Map<string, { access: Access; in: (typeof situations)[number][] }>();
  for (const situation of situations) {
    const access = answers.ask(side, question, sight, situation);
    if (access.outcome === 'deny') continue;
    const group = found.get(JSON.stringify(access)) ?? { access, in: [] };
    found.set(JSON.stringify(access), group);
    group.in.push(situation);
  }
  return [...found.values()].map(({ access, in: chosen }) => {
    return { when: inWords(chosen, situations), access };
  });
}
