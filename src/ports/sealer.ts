/**
 * Seals bytes for a place at rest.
 *
 * Obligations: what was sealed for one `context` (`secret:orders-db/admin-url:3`) opens for no
 * other; sealing the same bytes twice gives different boxes; no error carries the bytes.
 */
export interface Sealer {
  /** Names the master key that new boxes are sealed under. */
  readonly keyId: string;
  /** @returns printable ASCII without spaces */
  seal(context: string, plain: Uint8Array): string;
  /** @throws internal() when the box is damaged, of another place or under another master key */
  open(context: string, box: string): Buffer;
}
