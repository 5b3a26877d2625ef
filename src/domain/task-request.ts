import { z } from 'zod';
import { invalidAuthorizationDetails, invalidScope } from './errors.ts';
import { isId } from './ids.ts';
import { parseScopeId } from './scope.ts';
import { readStrictJson } from './strict-json.ts';

/** How a token request names its task: a new one, or one to continue. */
export type TaskRequest =
  | { readonly kind: 'open'; readonly purpose: string; readonly ticket?: string }
  | { readonly kind: 'continue'; readonly taskId: string };

const MAX_SCOPES = 20;
const text = (longest: number) => z.string().trim().min(1).max(longest);
const OpenDetails = z.strictObject({
  type: z.literal('task'),
  purpose: text(500),
  ticket: text(100).optional(),
});
const ContinueDetails = z.strictObject({
  type: z.literal('task'),
  task_id: z.string().refine((id) => isId('task', id), 'not a task id'),
});

/**
 * Reads `authorization_details` (RFC 9396 §2): one element of type `task` (rows A1, A3).
 * Without it the request opens a task that states no purpose.
 *
 * @throws invalidAuthorizationDetails
 */
export function parseTaskRequest(details: string | undefined): TaskRequest {
  if (details === undefined) return { kind: 'open', purpose: '' };
  const read = readStrictJson(details);
  if ('problem' in read) throw invalidAuthorizationDetails(`Not valid JSON: ${read.problem}.`);
  if (!Array.isArray(read.value) || read.value.length !== 1) {
    throw invalidAuthorizationDetails('Send a JSON array with exactly one element.');
  }
  const element: unknown = read.value[0];
  const continues = typeof element === 'object' && element !== null && 'task_id' in element;
  const parsed = (continues ? ContinueDetails : OpenDetails).safeParse(element);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = ['[0]', ...(issue?.path ?? []).map(String)].join('.');
    throw invalidAuthorizationDetails(`${where}: ${issue?.message ?? 'not understood'}`);
  }
  const value = parsed.data;
  if ('task_id' in value) return { kind: 'continue', taskId: value.task_id };
  return {
    kind: 'open',
    purpose: value.purpose,
    ...(value.ticket === undefined ? {} : { ticket: value.ticket }),
  };
}

/**
 * Reads `scope` (RFC 6749 §3.3): scope ids separated by single spaces; order and repetition mean
 * nothing. Empty counts as absent (row T2).
 *
 * @throws invalidScope
 */
export function parseScopes(scope: string | undefined): string[] {
  if (scope === undefined || scope === '') return [];
  const scopes = [...new Set(scope.split(' '))].sort();
  if (scopes.length > MAX_SCOPES) throw invalidScope(`At most ${MAX_SCOPES} scopes at once.`);
  for (const id of scopes) {
    if (!parseScopeId(id)) throw invalidScope('A scope looks like resource:name.');
  }
  return scopes;
}
