/** Pages that are opened by a link whose fragment is a secret. */
const OPENED_BY_LINK = /\/(set-up|invitation)$/;

/**
 * The secret of the link this page was opened with. It is read once, before anything else runs, and leaves
 * the address bar and the history at once; it stays in memory only.
 */
export const linkSecret = takeSecret();

function takeSecret(): string | undefined {
  const { hash, pathname } = window.location;
  if (!OPENED_BY_LINK.test(pathname) || hash.length < 2) return undefined;
  window.history.replaceState(null, '', pathname);
  return hash.slice(1);
}
