import { z } from 'zod';
import { Hint, Problem } from '../contract/schemas/base.ts';
import { CountersignError } from './error.ts';

/** RFC 6749 §5.2, with the members the broker adds. */
const OAuthErrorBody = z.looseObject({
  error: z.string(),
  error_description: z.string().optional(),
  code: z.string().optional(),
  hint: Hint.optional(),
  request_id: z.string().optional(),
});

function retryAfter(response: Response): { retryAfterSeconds?: number } {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? { retryAfterSeconds: seconds } : {};
}

function fromProblem(response: Response, problem: Problem): CountersignError {
  return new CountersignError({
    status: response.status,
    code: problem.code,
    detail: problem.detail,
    hint: problem.hint,
    requestId: problem.request_id,
    problem,
    members: Object.fromEntries(
      Object.entries(problem).filter(([name]) => !Object.hasOwn(Problem.shape, name)),
    ),
    ...retryAfter(response),
  });
}

function fromOAuth(response: Response, body: z.infer<typeof OAuthErrorBody>): CountersignError {
  const { error, error_description, code, hint, request_id, ...members } = body;
  return new CountersignError({
    status: response.status,
    // `code` says more than the few words RFC 6749 has, e.g. `approval_unavailable`.
    code: code ?? error,
    detail: error_description ?? `The broker answered ${error}.`,
    hint,
    ...((request_id ?? response.headers.get('x-request-id'))
      ? { requestId: request_id ?? response.headers.get('x-request-id') ?? '' }
      : {}),
    ...retryAfter(response),
    members,
  });
}

/** Reads an answer that is not 2xx: problem+json, an OAuth error body, or anything else. */
export async function readError(response: Response): Promise<CountersignError> {
  const text = await response.text().catch(() => '');
  const body = parseJson(text);
  const problem = Problem.safeParse(body);
  if (problem.success) return fromProblem(response, problem.data);
  const oauth = OAuthErrorBody.safeParse(body);
  if (oauth.success) return fromOAuth(response, oauth.data);
  return new CountersignError({
    status: response.status,
    code: 'unexpected_response',
    detail: `The answer was HTTP ${response.status} without a body Countersign writes. Is this URL a broker?`,
    ...retryAfter(response),
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
