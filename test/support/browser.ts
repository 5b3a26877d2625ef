/** One HTTP answer, as it is. */
export interface BrowserAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON object of the answer; empty where there is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Keeps cookies, and sends what a browser sends from a page of the console. */
export interface Browser {
  readonly cookies: Map<string, string>;
  csrf: string | undefined;
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<BrowserAnswer>;
  /** The same; another status than `2xx` throws. */
  done(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
}

/** @param url where the broker listens @param issuer what it is called from outside */
export function createBrowser(url: string, issuer = url): Browser {
  const { origin } = new URL(issuer);
  const cookies = new Map<string, string>();
  const browser: Browser = {
    cookies,
    csrf: undefined,
    async call(method, path, body, headers = {}) {
      const response = await fetch(`${url}${path}`, {
        method,
        redirect: 'manual',
        headers: {
          ...(cookies.size > 0
            ? { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') }
            : {}),
          ...(method === 'GET' ? {} : { origin, 'sec-fetch-site': 'same-origin' }),
          ...(browser.csrf === undefined || method === 'GET'
            ? {}
            : { 'x-csrf-token': browser.csrf }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      for (const line of response.headers.getSetCookie()) keep(cookies, line);
      return { status: response.status, headers: response.headers, body: await jsonOf(response) };
    },
    async done(method, path, body) {
      const answer = await browser.call(method, path, body);
      if (answer.status >= 200 && answer.status < 300) return { ...answer.body };
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    },
  };
  return browser;
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';');
  const [name = '', value = ''] = pair.split('=');
  if (/;\s*max-age=0/i.test(line)) cookies.delete(name);
  else cookies.set(name, value);
}

async function jsonOf(response: Response): Promise<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(await response.text());
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
