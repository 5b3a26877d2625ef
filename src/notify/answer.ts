import type { JsonAnswer, JsonCallProblem } from '../ports/json-caller.ts';

type Failure = { readonly failure: string; readonly permanent?: boolean };

/**
 * Why a call of a webhook counts as failed; undefined for 2xx. Only 410 is the receiver's last word:
 * whatever else it says now, it may say otherwise once somebody has repaired it.
 */
export function failureOf(answer: JsonAnswer | JsonCallProblem): Failure | undefined {
  if ('kind' in answer) return { failure: answer.problem };
  const { status } = answer;
  if (status >= 200 && status < 300) return undefined;
  return { failure: `it answered ${status}`, ...(status === 410 ? { permanent: true } : {}) };
}
