import { randomBytes } from 'node:crypto';
import { sealPersonal } from '../audit/personal.ts';
import type { JsonValue } from '../domain/strict-json.ts';
import type { PersonalDataSealer } from '../ports/audit-log.ts';
import type { SubjectKeyStore } from '../ports/keys.ts';
import type { Sealer } from '../ports/sealer.ts';

const KEPT = 10_000;

/** Seals personal data under a key of its subject, made on first use and itself kept sealed. */
export function createPersonalSealer(store: SubjectKeyStore, sealer: Sealer): PersonalDataSealer {
  const keys = new Map<string, Promise<{ kid: string; key: Buffer }>>();

  async function load(subject: string): Promise<{ kid: string; key: Buffer }> {
    const found = await store.find(subject);
    if (found) return { kid: found.kid, key: sealer.open(placeOf(found.kid), found.sealed) };
    const kid = `sk_${randomBytes(12).toString('base64url')}`;
    const fresh = randomBytes(32);
    const stored = await store.insert(subject, kid, sealer.seal(placeOf(kid), fresh));
    // Another process may have been faster; the stored key is the one that counts.
    return { kid: stored.kid, key: sealer.open(placeOf(stored.kid), stored.sealed) };
  }

  return {
    seal: async (subject, value) => {
      let key = keys.get(subject);
      if (!key) {
        key = load(subject);
        if (keys.size >= KEPT) keys.delete(keys.keys().next().value ?? '');
        keys.set(subject, key);
        key.catch(() => keys.delete(subject));
      }
      return sealPersonal(await key, subject, value as JsonValue);
    },
  };
}

const placeOf = (kid: string): string => `subject-key:${kid}`;
