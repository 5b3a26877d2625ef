import { issueOperatorToken as issue } from '../broker/operator-token.ts';
import { isBrokerError } from '../domain/errors.ts';
import type { OperatorRole } from '../domain/principal.ts';
import { createPersonalSealer } from '../keys/personal-sealer.ts';
import type { Config } from '../platform/config/config.ts';
import { createNewId } from '../platform/random.ts';
import type { PersonalDataSealer } from '../ports/audit-log.ts';
import { createOperatorTokenStore } from '../store/operator-tokens.ts';
import { createSubjectKeyStore } from '../store/subject-keys.ts';
import { hostSealer } from './host-sealer.ts';
import { onHostStore } from './host-store.ts';
import { settingsFor } from './settings.ts';

/** What to do instead, in one line. */
function closed({ http }: Config): string {
  return `An operator with a passkey exists: sign in at ${http.issuer}/console/. Where nobody can, say why: --break-glass "reason".`;
}

/** `countersign operator token`: works only where the store's own credentials are. */
export async function issueOperatorToken(request: {
  role: OperatorRole;
  ttlSeconds: number;
  breakGlass?: string | undefined;
}): Promise<{ token: string; expires_at: string; break_glass: boolean }> {
  const { config } = settingsFor('local');
  return onHostStore(config, async (pool, { installation }) => {
    const operatorTokens = createOperatorTokenStore(pool);
    // The master key is needed only where there is a reason to seal.
    const personal: PersonalDataSealer = {
      seal: async (subject, value) => {
        const sealer = await hostSealer(config, pool, installation);
        return createPersonalSealer(createSubjectKeyStore(pool), sealer).seal(subject, value);
      },
    };
    const parts = { operatorTokens, newId: createNewId(Date.now), personal };
    const issued = await issue(parts, request).catch((error: unknown) => {
      if (isBrokerError(error) && error.code === 'conflict') throw new Error(closed(config));
      throw error;
    });
    return {
      token: issued.token.reveal(),
      expires_at: new Date(issued.expiresAt).toISOString(),
      break_glass: issued.brokenGlass,
    };
  });
}
