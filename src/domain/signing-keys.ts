/** Seconds for which the document of public keys may be kept by whoever fetched it. */
export const JWKS_CACHE_SECONDS = 300;

/** Seconds beyond the cache time: for the feed to reach every process, and for clocks that differ. */
const MARGIN_SECONDS = 60;

/** Seconds between a key's publication and its first use (row K1). */
export const PUBLISHED_BEFORE_USE_SECONDS = JWKS_CACHE_SECONDS + MARGIN_SECONDS;

/** Seconds a key stays published after its last use: no token outlives its task, and no task 8 h. */
export const PUBLISHED_AFTER_USE_SECONDS = 28_800 + MARGIN_SECONDS;
