import pg from 'pg';
import type { IssuedCredential } from '../../src/ports/provider.ts';
import type { Deed } from '../../src/testing/index.ts';

/** Logs in by the URL an agent gets; into another database of that server where one is named. */
export async function connectWith(issued: IssuedCredential, database?: string): Promise<pg.Client> {
  const url = new URL(String(issued.credential['url']));
  if (database) url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Does one statement run under the credential, in its own database or another? */
export function runs(statement: string, database?: string): Deed {
  return async (issued) => {
    try {
      const client = await connectWith(issued, database);
      try {
        await client.query(statement);
        return true;
      } finally {
        await client.end().catch(() => undefined);
      }
    } catch {
      return false;
    }
  };
}
