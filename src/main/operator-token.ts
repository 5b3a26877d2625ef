import { issueOperatorToken as issue } from '../broker/operator-token.ts';
import { BrokerError } from '../domain/errors.ts';
import type { OperatorRole } from '../domain/principal.ts';
import { createNewId } from '../platform/random.ts';
import { createOperatorTokenStore } from '../store/operator-tokens.ts';
import { createPool } from '../store/pool.ts';
import { checkedStoreFacts } from './check-store.ts';
import { localStoreUrl } from './local-store.ts';
import { settingsFor } from './settings.ts';

/** `countersign operator token`: works only where the store's own credentials are. */
export async function issueOperatorToken(request: {
  role: OperatorRole;
  ttlSeconds: number;
}): Promise<{ token: string; expires_at: string }> {
  const { config } = settingsFor('local');
  const pool = createPool({ url: await localStoreUrl(config), poolSize: 1 });
  try {
    await checkedStoreFacts(pool);
    const operatorTokens = createOperatorTokenStore(pool);
    const issued = await issue({ operatorTokens, newId: createNewId(Date.now) }, request);
    return {
      token: issued.token.reveal(),
      expires_at: new Date(issued.expiresAt).toISOString(),
    };
  } catch (error) {
    if (error instanceof BrokerError && error.code === 'store_unavailable') {
      throw new Error('The store cannot be reached. Is the broker running? Start it: npm start', {
        cause: error,
      });
    }
    throw error;
  } finally {
    await pool.end();
  }
}
