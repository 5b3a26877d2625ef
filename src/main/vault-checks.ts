import { isBrokerError } from '../domain/errors.ts';
import type { Config } from '../platform/config/config.ts';
import type { DoctorCheck } from './doctor-check.ts';
import type { VaultParts } from './vault.ts';

/** Long enough for a Vault far away, short enough for somebody who waits. */
const TIMEOUT_MS = 5_000;

/** What of Vault is configured and how it is; nothing where none is. */
export async function vaultChecks(config: Config, { own }: VaultParts): Promise<DoctorCheck[]> {
  if (!config.vault || !own) return [];
  const { target, refresh, stale, transitKey } = config.vault;
  const { address, namespace, auth } = target;
  const where = namespace === undefined ? address : `${address}, namespace ${namespace}`;
  const holder = transitKey === undefined ? 'the local master key' : `Transit (${transitKey})`;
  const plain = address.startsWith('http:');
  const checks: DoctorCheck[] = [
    {
      id: 'vault',
      level: plain ? 'warn' : 'ok',
      message: `Vault at ${where}, login by ${auth.method}; secrets are looked at every ${refresh} s and bridge ${stale} s; keys are sealed under ${holder}.`,
      ...(plain ? { next: 'Give Vault a certificate: the login travels in plain text.' } : {}),
    },
  ];
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const { version, sealed, standby } = await own.session.health(signal);
    if (sealed) {
      return [...checks, failed('Vault is sealed.', 'vault operator unseal')];
    }
    await own.session.keepAlive(signal);
    const role = standby ? 'a standby' : 'active';
    const message = `Vault ${version} answers (${role}) and takes the broker's login.`;
    return [...checks, { id: 'vault-login', level: 'ok', message }];
  } catch (error) {
    const detail = isBrokerError(error) ? error.detail : 'Vault could not be asked.';
    return [...checks, failed(detail, 'See the failures in docs/vault.md.')];
  }
}

function failed(message: string, next: string): DoctorCheck {
  return { id: 'vault-login', level: 'fail', message, next };
}
