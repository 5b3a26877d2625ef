/** What an outbound request brought, or why not, as a sentence that is safe to show. */
export type FetchedJson = { readonly value: unknown } | { readonly problem: string };

/**
 * Fetches JSON from an address that somebody else chose (a JWKS URI).
 *
 * Obligations: never reaches a private, loopback or metadata address unless the deployment names its
 * host and port; follows no redirect; bounded in size and time; never rejects.
 */
export interface JsonFetcher {
  fetchJson(url: string): Promise<FetchedJson>;
}
