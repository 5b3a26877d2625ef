import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { readStrictJson } from '../domain/strict-json.ts';
import type { FetchedJson, JsonFetcher } from '../ports/json-fetcher.ts';
import { isPublicAddress } from './addresses.ts';
import { isNamed, parseTarget, type Problem } from './outbound-target.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface JsonFetcherOptions {
  /** `host:port`, exactly, that may be reached although private or without TLS. */
  readonly networkAllow: readonly string[];
  /** All addresses of a name; the system's resolver by default. */
  readonly resolve?: (hostname: string) => Promise<readonly ResolvedAddress[]>;
  /** Milliseconds for the whole exchange. */
  readonly timeoutMs?: number;
  /** Bytes of a body. */
  readonly maxBytes?: number;
  /** Certificates (PEM) of authorities to trust in place of the system's. */
  readonly ca?: string;
}

const JSON_TYPE = /^application\/(?:[a-z0-9.-]+\+)?json(?:\s*;.*)?$/i;
const resolveBySystem = (hostname: string) => systemLookup(hostname, { all: true });

/**
 * Outbound GETs under the "Network" rules. The name is resolved once and every address it has is
 * checked; the connection goes to a checked address, while TLS still verifies the name. One client
 * a request: nothing is reused under another rule, no redirect is followed, and the proxy variables
 * mean nothing here.
 */
export function createJsonFetcher(options: JsonFetcherOptions): JsonFetcher {
  return {
    async fetchJson(text) {
      const url = parseTarget(text, options.networkAllow);
      if ('problem' in url) return url;
      try {
        return await exchange(url, options);
      } catch (error) {
        return { problem: reasonOf(error) };
      }
    },
  };
}

async function exchange(url: URL, options: JsonFetcherOptions): Promise<FetchedJson> {
  const { timeoutMs = 5000, maxBytes = 262_144, ca } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  const address = await withinTime(signal, checkedAddress(url, options));
  if ('problem' in address) return address;
  const connect = { lookup: pinnedTo(address), timeout: timeoutMs, ...(ca ? { ca } : {}) };
  // Loaded when first needed: it costs 15 MB, and most installations fetch nothing.
  const { Client } = await import('undici');
  const client = new Client(url.origin, { connect, maxResponseSize: maxBytes, pipelining: 0 });
  try {
    const { statusCode, headers, body } = await client.request({
      method: 'GET',
      path: `${url.pathname}${url.search}`,
      headers: { accept: 'application/json', 'accept-encoding': 'identity' },
      signal,
    });
    if (statusCode !== 200)
      return { problem: `answered ${statusCode}; redirects are not followed` };
    const coding = headers['content-encoding'] ?? 'identity';
    if (coding !== 'identity') return { problem: 'sent a content coding' };
    if (!JSON_TYPE.test(String(headers['content-type'] ?? '')))
      return { problem: 'did not send JSON' };
    const read = readStrictJson(await body.text());
    return 'value' in read ? read : { problem: `did not send clean JSON: ${read.problem}` };
  } finally {
    await client.destroy();
  }
}

/** One address of the target, after all of them were found fit. */
export async function checkedAddress(
  url: URL,
  options: Pick<JsonFetcherOptions, 'networkAllow' | 'resolve'>,
): Promise<ResolvedAddress | Problem> {
  const { networkAllow, resolve = resolveBySystem } = options;
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(hostname);
  const addresses = family === 0 ? await resolve(hostname) : [{ address: hostname, family }];
  const [first] = addresses;
  if (first === undefined) return { problem: 'the name has no address' };
  // One unfit address refuses all: a name that points inside as well is not to be trusted.
  if (isNamed(url, networkAllow) || addresses.every(({ address }) => isPublicAddress(address))) {
    return first;
  }
  return {
    problem: 'points to a private address that is not in COUNTERSIGN_NETWORK_ALLOW',
  };
}

/** A look-up that only knows the checked address: the name is not resolved a second time. */
export function pinnedTo({ address, family }: ResolvedAddress): LookupFunction {
  return (_hostname, lookupOptions, done) => {
    if (lookupOptions.all) done(null, [{ address, family }]);
    else done(null, address, family);
  };
}

/** `work`, or the reason of the signal when that comes first. */
export function withinTime<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    }),
  ]);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'took too long';
  const code = 'code' in error ? String(error.code) : error.name;
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return 'sent too much';
  return `could not be fetched (${code})`;
}
