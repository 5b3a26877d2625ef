import { z } from 'zod';

// The page's Content-Security-Policy refuses eval; zod need not try.
z.config({ jitless: true });

// What dialogs put into the page to lock its scrolling carries the nonce of the page.
Object.assign(globalThis, { __webpack_nonce__: pageNonce() });

/** The nonce that style elements need. */
export function pageNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}
