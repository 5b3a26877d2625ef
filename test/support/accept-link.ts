import type { Authenticator } from './authenticator.ts';
import type { Browser } from './browser.ts';

/**
 * Opens a link as its page does: registers the passkey, and is signed in by that.
 *
 * @param url a set-up link or an invitation, its secret behind the `#`
 * @returns the broker's answer
 */
export async function acceptLink(
  { browser, passkey }: { readonly browser: Browser; readonly passkey: Authenticator },
  url: string,
  person: { readonly name: string; readonly email: string },
): Promise<Record<string, unknown>> {
  const secret = new URL(url).hash.slice(1);
  const { name, email } = person;
  const begun = await browser.done('POST', '/v1/links/registrations', { secret, name, email });
  const accepted = await browser.done('POST', '/v1/links/accept', {
    secret,
    ceremony_id: begun['ceremony_id'],
    attestation: passkey.attest(begun['publicKey']),
  });
  browser.csrf = String(accepted['csrf']);
  return accepted;
}
