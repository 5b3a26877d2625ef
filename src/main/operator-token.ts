import { issueOperatorToken as issue } from '../broker/operator-token.ts';
import type { OperatorRole } from '../domain/principal.ts';
import { createNewId } from '../platform/random.ts';
import { createOperatorTokenStore } from '../store/operator-tokens.ts';
import { onHostStore } from './host-store.ts';
import { settingsFor } from './settings.ts';

/** `countersign operator token`: works only where the store's own credentials are. */
export async function issueOperatorToken(request: {
  role: OperatorRole;
  ttlSeconds: number;
}): Promise<{ token: string; expires_at: string }> {
  return onHostStore(settingsFor('local').config, async (pool) => {
    const operatorTokens = createOperatorTokenStore(pool);
    const issued = await issue({ operatorTokens, newId: createNewId(Date.now) }, request);
    return {
      token: issued.token.reveal(),
      expires_at: new Date(issued.expiresAt).toISOString(),
    };
  });
}
