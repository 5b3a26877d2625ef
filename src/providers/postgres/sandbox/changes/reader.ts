import pg from 'pg';
import { providerFailed } from '../../../../domain/errors.ts';
import type { Reach } from '../../../../ports/provider.ts';
import type { AdminSession } from '../../connections.ts';
import { failureCode } from '../../failures.ts';
import { markStatement } from '../../fence.ts';
import type { Parts } from '../../parts.ts';
import { dropReader } from '../end.ts';

const quote = pg.escapeIdentifier;
const LIVES_S = 120;

/**
 * Runs `look` in the sandbox of a lease as a login of its own that has the lease's rights and no other. An agent
 * can leave code behind in its database that runs when somebody reads a table; run by the admin, that
 * would be the end of it. The login is found again by its name, lives for two minutes, and ends with
 * the look, or with the lease at the latest.
 */
export async function asReader<T>(
  parts: Parts,
  reach: Reach,
  lease: string,
  look: (session: AdminSession) => Promise<T>,
): Promise<T> {
  const name = parts.names.reader(lease);
  const { secret, verifier } = await parts.passwords.take();
  // Not from the pool: a revocation must not wait for a look.
  return parts.connections.useOnce(reach, undefined, async (admin) => {
    if (!(await alone(admin, name))) {
      throw providerFailed(
        'provider_throttled',
        'Somebody else is looking at this sandbox. Try again.',
      );
    }
    try {
      await admin.client.query(markStatement(lease, false));
      await makeReader(admin, { name, lease, verifier });
      const login = { database: lease, user: name, password: secret };
      return await parts.connections.useAs(reach, login, look);
    } finally {
      await dropReader(admin, name).catch(() => undefined);
    }
  });
}

/** One at a time, whichever broker asks. */
async function alone(admin: AdminSession, name: string): Promise<boolean> {
  const { rows } = await admin.client.query<{ alone: boolean }>(
    'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS alone',
    [name],
  );
  return rows[0]?.alone === true;
}

async function makeReader(
  admin: AdminSession,
  reader: { readonly name: string; readonly lease: string; readonly verifier: string },
): Promise<void> {
  const { name, lease, verifier } = reader;
  const { rows } = await admin.client.query<{ until: string }>(
    'SELECT (clock_timestamp() + make_interval(secs => $1))::text AS until',
    [LIVES_S],
  );
  const until = pg.escapeLiteral(rows[0]?.until ?? '');
  const attributes = `LOGIN PASSWORD ${pg.escapeLiteral(verifier)} VALID UNTIL ${until} CONNECTION LIMIT 1`;
  const options = admin.major >= 16 ? ' WITH INHERIT TRUE, SET FALSE' : '';
  await admin.client
    .query(`CREATE ROLE ${quote(name)} ${attributes}`)
    .catch(async (error: unknown) => {
      if (!['42710', '23505'].includes(failureCode(error))) throw error;
      await admin.client.query(`ALTER ROLE ${quote(name)} ${attributes}`);
    });
  await admin.client.query(`GRANT ${quote(lease)} TO ${quote(name)}${options}`);
}
