import type { Pool } from 'undici';
import { readStrictJson } from '../domain/strict-json.ts';
import type { JsonAnswer, JsonCall, JsonCaller, JsonCallProblem } from '../ports/json-caller.ts';
import { parseTarget } from './outbound-target.ts';

export interface JsonCallerOptions {
  /** `host:port`, exactly, that may be reached without TLS. */
  readonly networkAllow: readonly string[];
  /** Milliseconds for the whole exchange. */
  readonly timeoutMs?: number;
  /** Bytes of a body. */
  readonly maxBytes?: number;
  /** Certificates (PEM) of authorities to trust in place of the system's. */
  readonly ca?: string;
}

/** Connections to one origin: enough for a few leases at once, and no flood. */
const CONNECTIONS = 8;

/**
 * Calls of a JSON API under the "Network" rules. The address was named by an operator, so it may be a
 * private one; what protects the credential in the header is TLS, with the certificate verified for the
 * name. undici follows no redirect and reads no proxy variable.
 */
export function createJsonCaller(options: JsonCallerOptions): JsonCaller {
  const pools = new Map<string, Promise<Pool>>();
  const poolOf = (origin: string): Promise<Pool> => {
    const known = pools.get(origin) ?? openPool(origin, options);
    pools.set(origin, known);
    return known;
  };
  return {
    call: async (request) => {
      const url = parseTarget(request.url, options.networkAllow);
      if ('problem' in url) return { kind: 'refused', problem: url.problem };
      try {
        return await exchange(await poolOf(url.origin), url, request, options.timeoutMs ?? 10_000);
      } catch (error) {
        return problemOf(error);
      }
    },
    close: async () => {
      const open = [...pools.values()];
      pools.clear();
      await Promise.all(open.map(async (pool) => (await pool).destroy()));
    },
  };
}

async function openPool(origin: string, options: JsonCallerOptions): Promise<Pool> {
  // Loaded when first needed: most installations call nothing.
  const { Pool: UndiciPool } = await import('undici');
  return new UndiciPool(origin, {
    connections: CONNECTIONS,
    pipelining: 1,
    maxResponseSize: options.maxBytes ?? 1_048_576,
    connect: { timeout: 5_000, ...(options.ca ? { ca: options.ca } : {}) },
  });
}

async function exchange(
  pool: Pool,
  url: URL,
  request: JsonCall,
  timeoutMs: number,
): Promise<JsonAnswer> {
  const limit = AbortSignal.timeout(timeoutMs);
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const answer = await pool.request({
    method: request.method,
    path: `${url.pathname}${url.search}`,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(body === undefined ? {} : { body }),
    signal: request.signal ? AbortSignal.any([limit, request.signal]) : limit,
  });
  const read = readStrictJson(await answer.body.text(), 32);
  return { status: answer.statusCode, body: 'value' in read ? read.value : undefined };
}

function problemOf(error: unknown): JsonCallProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const name = error instanceof Error ? error.name : '';
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return { kind: 'refused', problem: 'it sent too much' };
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO|^ERR_(?:TLS|SSL)|^EPROTO/.test(code)) {
    return {
      kind: 'refused',
      problem: `its certificate cannot be verified (${code}); NODE_EXTRA_CA_CERTS adds an authority`,
    };
  }
  if (name === 'TimeoutError' || name === 'AbortError' || /TIMEOUT|ABORTED/.test(code)) {
    return { kind: 'unreachable', problem: 'it took too long to answer' };
  }
  return {
    kind: 'unreachable',
    problem: `no connection (${/^[A-Z0-9_]{1,40}$/.test(code) ? code : 'failed'})`,
  };
}
