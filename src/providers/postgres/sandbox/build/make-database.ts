import pg from 'pg';
import type { SkippedObject } from '../../../../domain/template.ts';
import type { Reach } from '../../../../ports/provider.ts';
import type { AdminSession } from '../../connections.ts';
import { failureCode } from '../../failures.ts';
import type { Parts } from '../../parts.ts';
import { setOpen } from '../database.ts';
import { makeNoLogin } from '../role.ts';

const quote = pg.escapeIdentifier;
const literal = pg.escapeLiteral;

/** How the source sorts and classifies text. */
export interface Locale {
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
}

export async function localeOf(session: AdminSession): Promise<Locale | undefined> {
  const { rows } = await session.client.query<Locale>(
    `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate::text AS collate, datctype::text AS ctype
     FROM pg_database WHERE datname = current_database()`,
  );
  return rows[0];
}

/** An empty database for a template, closed to everybody but the admin, and the role that owns what is in it. */
export async function makeDatabase(
  parts: Parts,
  reach: Reach,
  template: {
    readonly database: string;
    readonly owner: string;
    readonly locale: Locale | undefined;
  },
): Promise<SkippedObject[]> {
  const name = quote(template.database);
  return parts.connections.use(reach, async (session) => {
    const skipped = await createEmpty(session, name, template.locale);
    await session.client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
    await makeNoLogin(session, template.owner);
    await session.client.query(`GRANT CREATE ON DATABASE ${name} TO ${quote(template.owner)}`);
    await setOpen(session, template.database, true);
    return skipped;
  });
}

/** As the source sorts where this server knows that locale, else as this server does. */
async function createEmpty(
  session: AdminSession,
  name: string,
  locale: Locale | undefined,
): Promise<SkippedObject[]> {
  const base = `CREATE DATABASE ${name} TEMPLATE template0 ALLOW_CONNECTIONS false ENCODING 'UTF8'`;
  if (locale) {
    const same = ` LC_COLLATE ${literal(locale.collate)} LC_CTYPE ${literal(locale.ctype)}`;
    try {
      await session.client.query(base + same);
      return [];
    } catch (error) {
      if (!['42809', '22023'].includes(failureCode(error))) throw error;
    }
  }
  await session.client.query(base);
  const what = `locale ${locale?.collate ?? ''}`;
  return [{ what, why: 'the sandbox server does not have it: text sorts by its own' }];
}
