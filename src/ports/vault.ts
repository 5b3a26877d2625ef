import type { Secret } from '../domain/secret.ts';
import type { JsonValue } from '../domain/strict-json.ts';

/** How somebody logs in at Vault. */
export type VaultAuth =
  | { readonly method: 'token'; readonly token: Secret }
  | {
      readonly method: 'approle';
      readonly mount: string;
      readonly roleId: string;
      /** The secret id itself, or the token of a wrap around it: that opens once. */
      readonly secretId: Secret;
      readonly wrapped?: boolean;
    }
  | {
      readonly method: 'kubernetes';
      readonly mount: string;
      readonly role: string;
      /** File of the service account's token, read anew at each login since it is rotated. */
      readonly tokenPath: string;
    };

/** One Vault (or OpenBao), and who we are there. */
export interface VaultTarget {
  /** Origin, e.g. `https://vault.example.com:8200`. */
  readonly address: string;
  readonly namespace?: string;
  readonly auth: VaultAuth;
}

export interface VaultRequest {
  readonly method: 'GET' | 'LIST' | 'POST' | 'DELETE';
  /** Below `/v1/`, without a slash in front. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** In place of the session's own token. */
  readonly as?: Secret;
  readonly signal?: AbortSignal;
  /** Statuses that the caller has words of its own for; every other failure is thrown. */
  readonly expect?: readonly number[];
}

export interface VaultAnswer {
  readonly status: number;
  readonly data: Readonly<Record<string, JsonValue>>;
  readonly auth: Readonly<Record<string, JsonValue>>;
  /** Empty where nothing was leased. */
  readonly leaseId: string;
  /** Seconds. */
  readonly leaseDuration: number;
  readonly renewable: boolean;
  /** Vault's words: to be compared with known ones, never to be shown. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

export interface VaultHealth {
  readonly version: string;
  readonly sealed: boolean;
  readonly standby: boolean;
  /** Vault's own clock, Unix seconds. */
  readonly serverTime: number;
}

/**
 * A login at Vault that is kept alive.
 *
 * Obligations: logs in when first needed; renews its token before the last third of its life and logs in
 * anew where that fails; a token that was revoked is replaced once per call; failures are
 * `providerFailed(...)` of domain/errors with the next step in the text, and hold no token.
 */
export interface VaultSession {
  call(request: VaultRequest): Promise<VaultAnswer>;
  /** Without a token. @throws provider_unavailable where nothing answers */
  health(signal?: AbortSignal): Promise<VaultHealth>;
  /** Logs in or renews where that is due, and asks Vault whether the token still stands. */
  keepAlive(signal?: AbortSignal): Promise<void>;
  /** Gives a token back that was logged in for; one of the settings stays as it is. Never fails. */
  close(): Promise<void>;
}

export type OpenVault = (target: VaultTarget) => VaultSession;
