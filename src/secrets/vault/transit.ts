import { providerFailed } from '../../domain/errors.ts';
import type { KeyWrapper } from '../../ports/keys.ts';
import type { VaultSession } from '../../ports/vault.ts';

/**
 * Wraps keys with a key of Vault's Transit engine, which never leaves Vault. The context goes in as
 * associated data, so that a wrap moved to another place does not open.
 *
 * @param place `<mount>/<key>`, e.g. `transit/countersign`
 */
export function createTransitWrapper(session: VaultSession, place: string): KeyWrapper {
  const at = place.lastIndexOf('/');
  const [mount, key] = [place.slice(0, at), place.slice(at + 1)];
  const associated = (context: string) => Buffer.from(context, 'utf8').toString('base64');
  return {
    name: place,
    wrap: async (context, plain) => {
      const { data } = await session.call({
        method: 'POST',
        path: `${mount}/encrypt/${key}`,
        body: {
          plaintext: Buffer.from(plain).toString('base64'),
          associated_data: associated(context),
        },
      });
      const text = data['ciphertext'];
      if (typeof text === 'string' && /^vault:v[0-9]+:/.test(text)) return text;
      throw providerFailed(
        'provider_misconfigured',
        `${place} is no Transit key that encrypts. Make one: vault write -f ${mount}/keys/${key}`,
      );
    },
    unwrap: async (context, wrapped) => {
      const { status, data } = await session.call({
        method: 'POST',
        path: `${mount}/decrypt/${key}`,
        body: { ciphertext: wrapped, associated_data: associated(context) },
        expect: [400],
      });
      const text = data['plaintext'];
      if (status === 200 && typeof text === 'string') return Buffer.from(text, 'base64');
      throw providerFailed(
        'provider_misconfigured',
        `The master key in the store does not open with ${place}: it was wrapped for another installation or by another key, or that key version is below min_decryption_version.`,
      );
    },
  };
}
