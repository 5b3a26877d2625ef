import { providerFailed, secretUnavailable } from '../../domain/errors.ts';
import { parseVaultReference } from '../../domain/secret-name.ts';
import type { RootCredential } from '../../ports/provider.ts';
import type { RemoteSecrets } from '../../ports/secrets.ts';
import type { VaultSession } from '../../ports/vault.ts';
import { type Attendance, createAttendance, isAway } from './attendance.ts';
import { type Kept, lookAgain, newKept, takeIn } from './kept.ts';
import { createKvReader, type KvReader } from './kv.ts';

export interface VaultSecretsOptions {
  readonly session: VaultSession;
  readonly monotonicMs: () => number;
  /** Milliseconds for which a value is given out without another look: a new version shows after that. */
  readonly freshMs: number;
  /** Milliseconds since the last look for which a value is given out although Vault does not answer. */
  readonly staleMs: number;
}

/** After a failure Vault is left alone for this long, so that nobody waits for it each time. */
const RETRY_MS = 1_000;

/** Root material read from Vault's key-value engine, kept in memory for as long as the settings say. */
export function createVaultSecrets(options: VaultSecretsOptions): RemoteSecrets {
  const { session, monotonicMs: now, freshMs, staleMs } = options;
  const reader = createKvReader(session);
  const attendance = createAttendance(now, staleMs);
  const kept = new Map<string, Kept>();
  const lookOnce = (entry: Kept): Promise<RootCredential> => {
    entry.looking ??= look(entry, reader, attendance, now).finally(() => delete entry.looking);
    return entry.looking;
  };
  return {
    read: async (name) => {
      const reference = parseVaultReference(name);
      if (!reference) throw secretUnavailable(name);
      const entry = kept.get(name) ?? newKept(reference);
      kept.set(name, entry);
      entry.usedAt = now();
      if (entry.credential && now() - entry.seenAt < freshMs) return entry.credential;
      const failedAt = entry.failedAt ?? Number.NEGATIVE_INFINITY;
      const bridged = (error: unknown) => bridge(entry, error, now(), staleMs);
      if (now() - failedAt < RETRY_MS) return bridged(entry.failure);
      return lookOnce(entry).catch(bridged);
    },
    refresh: async () => {
      try {
        await session.keepAlive();
        attendance.answered();
      } catch (error) {
        attendance.loginFailed(error);
        throw error;
      }
      return lookAgain(kept, now(), lookOnce);
    },
    health: () => attendance.health(),
  };
}

async function look(
  entry: Kept,
  reader: KvReader,
  attendance: Attendance,
  now: () => number,
): Promise<RootCredential> {
  try {
    const found = await reader.read(entry.reference);
    attendance.answered();
    return takeIn(entry, found, now());
  } catch (error) {
    attendance.failed(error);
    entry.failedAt = now();
    entry.failure = error;
    if (!isAway(error)) {
      // An answer that says no: what was kept has no leave any more.
      delete entry.credential;
      reader.forget();
    }
    throw error;
  }
}

/** What is kept, where Vault is away and that was not too long ago. @throws the failure itself otherwise */
function bridge(entry: Kept, error: unknown, now: number, staleMs: number): RootCredential {
  if (!isAway(error) || !entry.credential) throw error;
  if (now - entry.seenAt <= staleMs) return entry.credential;
  delete entry.credential;
  throw providerFailed(
    'provider_unavailable',
    `Vault has not answered for longer than ${staleMs / 1000} s, so the secret that was kept is no longer used (COUNTERSIGN_VAULT_STALE). Bring Vault back.`,
    error,
  );
}
