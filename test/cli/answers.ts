/** One request as a fake broker saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | null;
  readonly body: unknown;
}

type Answer = { status?: number; body?: unknown; headers?: Record<string, string> };

/**
 * A `fetch` that answers from a table `METHOD /path` → answer (or a function of the request), for what
 * a command does with answers; the broker's own behaviour is tested against the broker.
 */
export function answering(
  table: Readonly<Record<string, Answer | ((request: SeenRequest) => Answer)>>,
) {
  const seen: SeenRequest[] = [];
  const fetchIt: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const text = init?.body instanceof URLSearchParams ? String(init.body) : init?.body;
    const request = {
      method: init?.method ?? 'GET',
      path: url.pathname,
      authorization: new Headers(init?.headers).get('authorization'),
      body: typeof text === 'string' && text.startsWith('{') ? JSON.parse(text) : text,
    };
    seen.push(request);
    const entry = table[`${request.method} ${url.pathname}`];
    const answer = typeof entry === 'function' ? entry(request) : entry;
    if (!answer) throw new Error(`nobody expects ${request.method} ${url.pathname}`);
    const payload = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    return new Response(answer.body === undefined ? null : payload, {
      status: answer.status ?? 200,
      headers: { 'content-type': 'application/json', ...answer.headers },
    });
  };
  return { fetch: fetchIt, seen };
}

/** An RFC 9457 body of the contract. */
export function problem(status: number, code: string, detail: string, more: object = {}): Answer {
  const body = {
    type: 'about:blank',
    title: code,
    status,
    code,
    detail,
    request_id: 'req_1',
    ...more,
  };
  return { status, body };
}
