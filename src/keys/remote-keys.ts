import type { JsonFetcher } from '../ports/json-fetcher.ts';
import { parseJwks } from './jwks.ts';
import type { RegisteredKey } from './public-jwk.ts';

/** Milliseconds fetched keys count. */
const GOOD_FOR = 300_000;
/** Milliseconds between two fetches of one URI, whatever is asked for (rows C8, K1). */
const AT_MOST_EVERY = 60_000;
const KEPT = 1_000;

interface Fetched {
  keys: readonly RegisteredKey[];
  succeededAt: number;
  triedAt: number;
  /** When an unknown kid last made us look again. */
  soughtAt: number;
}

/** Keys behind a JWKS URI (RFC 7517 §5), fetched when first needed and again when they age. */
export function createRemoteKeys(fetcher: JsonFetcher, monotonicMs: () => number) {
  const known = new Map<string, Fetched>();
  const fetching = new Map<string, Promise<void>>();

  async function fetchInto(uri: string): Promise<void> {
    const before = known.get(uri);
    const triedAt = monotonicMs();
    const never = Number.NEGATIVE_INFINITY;
    const entry = before ?? { keys: [], succeededAt: never, triedAt, soughtAt: never };
    entry.triedAt = triedAt;
    if (!before && known.size >= KEPT) known.delete(known.keys().next().value ?? '');
    known.set(uri, entry);
    const answer = await fetcher.fetchJson(uri);
    const parsed = 'value' in answer ? parseJwks(answer.value, 'fetched') : answer;
    if ('keys' in parsed) {
      entry.keys = parsed.keys;
      entry.succeededAt = triedAt;
    }
  }

  function refresh(uri: string): Promise<void> {
    const running = fetching.get(uri);
    if (running) return running;
    const started = fetchInto(uri).finally(() => fetching.delete(uri));
    fetching.set(uri, started);
    return started;
  }

  return {
    /** The keys of a URI; however many unknown kids are asked for, they cost one look a minute. */
    async keysOf(uri: string, kid: string | undefined): Promise<readonly RegisteredKey[]> {
      const entry = known.get(uri);
      const now = monotonicMs();
      const usable = entry && now - entry.succeededAt <= GOOD_FOR;
      const unknown = kid !== undefined && !entry?.keys.some((key) => key.kid === kid);
      if (!usable) {
        if (!entry || now - entry.triedAt > AT_MOST_EVERY || fetching.has(uri)) await refresh(uri);
      } else if (unknown && (now - entry.soughtAt > AT_MOST_EVERY || fetching.has(uri))) {
        // A count of its own, so that a key may change right after the first fetch.
        if (!fetching.has(uri)) entry.soughtAt = now;
        await refresh(uri);
      }
      const fetched = known.get(uri);
      // Keys that could not be refreshed in time are no keys: a removed one must stop working.
      return fetched && monotonicMs() - fetched.succeededAt <= GOOD_FOR ? fetched.keys : [];
    },
  };
}
