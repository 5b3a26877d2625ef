import pg from 'pg';
import type { Reach } from '../../../../ports/provider.ts';
import type { AdminSession } from '../../connections.ts';
import type { Parts } from '../../parts.ts';
import { findDatabase, setOpen, templateMissing } from '../database.ts';
import { TEMPLATE_COMMENT } from '../findings.ts';
import type { TablePlan } from '../masking/plan.ts';

const quote = pg.escapeIdentifier;
const literal = pg.escapeLiteral;

/**
 * Sets the sequences behind columns to where their rows end. Masked keys are spread over all numbers, so
 * their sequences stay where they begin.
 */
export async function measure(target: AdminSession, plan: readonly TablePlan[]): Promise<void> {
  for (const { table, columns } of plan) {
    const name = `${quote(table.schema)}.${quote(table.name)}`;
    for (const column of columns) {
      if (column.mask !== 'keep' || !['int2', 'int4', 'int8'].includes(column.type)) continue;
      const sequence = `pg_get_serial_sequence(${literal(name)}, ${literal(column.name)})`;
      const { rows } = await target.client.query<{ has: boolean }>(
        `SELECT ${sequence} IS NOT NULL AS has`,
      );
      if (!rows[0]?.has) continue;
      const last = `max(${quote(column.name)})`;
      await target.client.query(
        `SELECT setval(${sequence}, ${last}) FROM ${name} HAVING ${last} > 0`,
      );
    }
  }
}

/** Extensions of superusers, and other things of theirs outside the system's own schemas. */
const OF_SUPERUSERS = `
SELECT 'extension ' || extname AS what FROM pg_extension JOIN pg_roles r ON r.oid = extowner
WHERE r.rolsuper AND extname <> 'plpgsql'
UNION ALL SELECT 'schema ' || nspname FROM pg_namespace n JOIN pg_roles r ON r.oid = nspowner
WHERE r.rolsuper AND nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
UNION ALL SELECT 'functions of extension ' || x.extname FROM pg_extension x WHERE x.extname <> 'plpgsql'
AND EXISTS (SELECT FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid JOIN pg_roles r ON r.oid = p.proowner
  WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = x.oid AND d.classid = 'pg_proc'::regclass
  AND d.deptype = 'e' AND r.rolsuper)
ORDER BY 1`;

/** Takes back what building took, notes what is a superuser's, and closes the database to everybody. */
export async function finish(
  parts: Parts,
  reach: Reach,
  database: string,
  owner: string,
): Promise<{ readonly bytes: number }> {
  const what = await parts.connections.useOnce(reach, database, async ({ client }) => {
    await client.query(`REVOKE CREATE, USAGE ON SCHEMA public FROM ${quote(owner)}`);
    const { rows } = await client.query<{ what: string }>(OF_SUPERUSERS);
    return rows
      .map((row) => `${row.what};`)
      .join(' ')
      .slice(0, 2_000);
  });
  return parts.connections.use(reach, async (session) => {
    const name = quote(database);
    await session.client.query(`REVOKE CREATE ON DATABASE ${name} FROM ${quote(owner)}`);
    await session.client.query(
      `COMMENT ON DATABASE ${name} IS ${literal(`${TEMPLATE_COMMENT}${what}`)}`,
    );
    await setOpen(session, database, false);
    const facts = await findDatabase(session, database);
    if (!facts) throw templateMissing();
    return { bytes: facts.size };
  });
}
