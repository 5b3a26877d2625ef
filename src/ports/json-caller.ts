import type { JsonValue } from '../domain/strict-json.ts';

/** One call of a JSON API that an operator named. */
export interface JsonCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Absolute; https, or http where the deployment listed its host and port. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export interface JsonAnswer {
  readonly status: number;
  /** Undefined where there was none, or it was no clean JSON. */
  readonly body: JsonValue | undefined;
}

/** `unreachable` may go away by itself; `refused` needs somebody to change a setting or a certificate. */
export interface JsonCallProblem {
  readonly kind: 'unreachable' | 'refused';
  /** A sentence without a full stop; holds neither the URL's path nor a header. */
  readonly problem: string;
}

/**
 * Calls JSON APIs of systems that an operator named, with a credential in a header.
 *
 * Obligations: TLS with the certificate verified, unless the host and port are listed; no redirect is
 * followed, proxy variables mean nothing, time and size are capped, an aborted signal ends the call;
 * every status is an answer, never an exception.
 */
export interface JsonCaller {
  call(request: JsonCall): Promise<JsonAnswer | JsonCallProblem>;
  close(): Promise<void>;
}
