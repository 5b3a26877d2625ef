import { useEffect, useState } from 'react';
import { CountersignError } from '../../../sdk/error.ts';
import { call } from '../../wire/call.ts';
import type { Files } from './merge-drafts.ts';

/** One finding about the files, with its place where it has one. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

export type Validation =
  | { readonly state: 'checking'; readonly findings: readonly Finding[] }
  | { readonly state: 'valid'; readonly findings: readonly Finding[]; readonly tests: number }
  | { readonly state: 'invalid'; readonly findings: readonly Finding[] }
  | { readonly state: 'failed'; readonly findings: readonly Finding[]; readonly error: Error };

const PAUSE_MS = 350;
const NOTHING: readonly Finding[] = [];
const WARNING = /^(.+?):(\d+): ([\s\S]*)$/;

/**
 * What the broker says about the files, asked whenever typing pauses. What it said before stays in
 * sight while it is asked again.
 */
export function useValidation(files: Files): Validation {
  const [last, setLast] = useState<{ of: Files; said: Validation }>();
  useEffect(() => {
    const leaving = new AbortController();
    const timer = setTimeout(() => {
      void validate(files, leaving.signal).then((answer) => {
        if (!leaving.signal.aborted) setLast({ of: files, said: answer });
      });
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [files]);
  if (last?.of === files) return last.said;
  return { state: 'checking', findings: last?.said.findings ?? NOTHING };
}

async function validate(files: Files, signal: AbortSignal): Promise<Validation> {
  try {
    const { warnings, tests } = await call('validateBundle', { body: { files }, signal });
    return { state: 'valid', findings: warnings.map(warningOf), tests: tests.passed };
  } catch (error) {
    if (!(error instanceof CountersignError)) {
      return { state: 'failed', findings: [], error: error instanceof Error ? error : new Error() };
    }
    const problems = error.problem?.problems ?? [];
    if (error.code !== 'bundle_invalid' || problems.length === 0) {
      return { state: 'failed', findings: [], error };
    }
    return {
      state: 'invalid',
      findings: problems.map(({ file = '', line = 1, message }) => ({
        file,
        line,
        message,
        severity: 'error',
      })),
    };
  }
}

/** `rules/x.cedar:3: …` */
function warningOf(text: string): Finding {
  const [, file = '', line = '1', message = text] = WARNING.exec(text) ?? [];
  return { file, line: Number(line), message, severity: 'warning' };
}
