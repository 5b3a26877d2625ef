import type { Broker } from '../broker/context.ts';

/** Whether the broker can do its work, and if not, why. */
export interface Readiness {
  readonly ready: boolean;
  /** Sentences; empty when ready. */
  readonly reasons: readonly string[];
  /** Figures worth a look: feed age, overdue leases, bundle version. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What the doors need besides the verbs. */
export interface Doors {
  readonly broker: Broker;
  readonly readiness: () => Promise<Readiness>;
  /** Prometheus text. */
  readonly metrics: () => Promise<{ contentType: string; body: string }>;
  /** Public keys (RFC 7517), the current one first. */
  readonly jwks: () => { readonly keys: readonly Readonly<Record<string, string>>[] };
  /** Algorithms a client assertion may use. */
  readonly assertionAlgorithms: readonly string[];
  /** Where the built console lies; without one there is none to open. */
  readonly consoleFolder: string;
  readonly newRequestId: () => string;
  readonly admission: Admission;
  readonly log: RequestLog;
}

/** Bounds on unauthenticated work, checked before any crypto. */
export interface Admission {
  /** @throws rateLimited when this caller has failed too often, or too much runs for it already */
  enter(address: string, claimedId: string): Promise<() => void>;
  /** One request of somebody who is nobody yet. @throws rateLimited */
  visit(address: string): Promise<void>;
  /** A failed authentication. */
  failed(address: string, claimedId: string): void;
  /** One request of an authenticated principal. @throws rateLimited */
  spend(principalId: string): Promise<void>;
  /** The caller's address; forwarded headers count only from listed hops. */
  addressOf(request: {
    readonly socket: { readonly remoteAddress?: string | undefined };
    readonly headers: NodeJS.Dict<string | string[]>;
  }): string;
}

export interface RequestLog {
  done(line: {
    requestId: string;
    method: string;
    path: string;
    status: number;
    ms: number;
    principal?: string | undefined;
  }): void;
  failed(requestId: string, error: unknown): void;
  /** A sign-in that was refused, with the reason that the caller is not told. */
  refused(requestId: string, code: string, reason: string): void;
}
