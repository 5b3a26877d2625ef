import { BrokerError } from '../domain/errors.ts';
import type { Config } from '../platform/config/config.ts';
import type { StoreFacts } from '../store/installation.ts';
import { createPool, type Pool } from '../store/pool.ts';
import { checkedStoreFacts } from './check-store.ts';
import { localStoreUrl } from './local-store.ts';

/**
 * Work on the store by a command beside it, with the store's own credentials.
 * @throws Error with one line when the store is not there or not fit
 */
export async function onHostStore<T>(
  config: Config,
  work: (pool: Pool, facts: StoreFacts) => Promise<T>,
): Promise<T> {
  const pool = createPool({ url: await localStoreUrl(config), poolSize: 2 });
  try {
    return await work(pool, await checkedStoreFacts(pool));
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
