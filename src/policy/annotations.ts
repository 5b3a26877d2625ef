import { parseDuration } from '../domain/duration.ts';
import { NAME } from '../domain/scope.ts';
import type { RuleTerms } from './bundle.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Reader = (value: string, terms: Writable<RuleTerms>) => boolean;

const RULE_ID = /^[a-z0-9][a-z0-9_.-]{0,79}$/;
const PRINTABLE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,200}$/u;

/** The closed vocabulary: how each annotation is read, and what a good value looks like. */
const VOCABULARY: Record<string, { read: Reader; wants: string }> = {
  id: { read: (value) => RULE_ID.test(value), wants: 'a name such as "support-reads"' },
  ttl: {
    read: (value, terms) => {
      const seconds = parseDuration(value);
      if (seconds === undefined) return false;
      terms.ttlSeconds = seconds;
      return true;
    },
    wants: 'a duration such as "90s", "15m" or "1h", at most "24h"',
  },
  approvals: {
    read: (value, terms) => {
      if (!/^[0-9]$/.test(value)) return false;
      terms.approvals = Number(value);
      return true;
    },
    wants: 'a number from "0" to "9"',
  },
  approvers: {
    read: (value, terms) => {
      const groups = value.split(/[\s,]+/).filter((name) => name !== '');
      terms.approvers = [...new Set(groups)];
      return groups.length > 0 && groups.every((name) => NAME.test(name));
    },
    wants: 'one or more group names, such as "dba" or "dba, security"',
  },
  leases: {
    read: (value, terms) => {
      if (!/^[1-9][0-9]?$/.test(value)) return false;
      terms.leases = Number(value);
      return true;
    },
    wants: 'a number from "1" to "99"',
  },
  mode: {
    read: (value, terms) => {
      terms.mode = 'login';
      return value === 'login';
    },
    wants: '"login"',
  },
  budget: {
    read: (value, terms) => {
      terms.budget = value;
      return PRINTABLE.test(value);
    },
    wants: 'a line of at most 200 characters',
  },
  note: {
    read: (value, terms) => {
      terms.note = value;
      return PRINTABLE.test(value);
    },
    wants: 'a line of at most 200 characters',
  },
};

/** On a `forbid` there is nothing to grant, so only these two mean something. */
const ON_FORBID = ['id', 'note'];

export interface AnnotationProblem {
  readonly annotation: string;
  readonly message: string;
}

/**
 * Reads the annotations of one rule as terms.
 * @param annotations as Cedar gives them; `null` where the annotation has no value
 */
export function readAnnotations(
  effect: 'permit' | 'forbid',
  annotations: Readonly<Record<string, string | null>>,
): { terms: RuleTerms; problems: AnnotationProblem[] } {
  const terms: Writable<RuleTerms> = { approvals: 0, approvers: [] };
  const problems: AnnotationProblem[] = [];
  for (const [annotation, value] of Object.entries(annotations)) {
    const message = readOne(effect, annotation, value, terms);
    if (message) problems.push({ annotation, message });
  }
  problems.push(...contradictions(terms, annotations));
  return { terms, problems };
}

function readOne(
  effect: 'permit' | 'forbid',
  annotation: string,
  value: string | null,
  terms: Writable<RuleTerms>,
): string | undefined {
  const known = Object.hasOwn(VOCABULARY, annotation) ? VOCABULARY[annotation] : undefined;
  if (!known) {
    const list = Object.keys(VOCABULARY).map((name) => `@${name}`);
    return `Unknown annotation @${annotation}. Known are ${list.join(', ')}.`;
  }
  if (effect === 'forbid' && !ON_FORBID.includes(annotation)) {
    return `@${annotation} means nothing on a forbid, which grants nothing.`;
  }
  if (value === null || !known.read(value, terms)) return `@${annotation} wants ${known.wants}.`;
  return undefined;
}

function contradictions(
  terms: RuleTerms,
  annotations: Readonly<Record<string, string | null>>,
): AnnotationProblem[] {
  if (!Object.hasOwn(annotations, 'approvers') || terms.approvals > 0) return [];
  const message =
    '@approvers names who signs, but without @approvals of 1 or more nobody is asked.';
  return [{ annotation: 'approvers', message }];
}
