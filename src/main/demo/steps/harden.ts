import type pg from 'pg';
import { doctorChecks } from '../../run-doctor.ts';
import type { Check } from '../check.ts';
import type { OwnBroker } from '../own-broker.ts';

/** Runs as the server's superuser exactly what `doctor` printed about a resource, then asks again. */
export async function harden(
  check: Check,
  broker: OwnBroker,
  resource: string,
  superuser: pg.Client,
): Promise<void> {
  const before = await findings(broker, resource);
  const sql = before.flatMap((finding) => finding.sql ?? []);
  const verdict = before.find(({ id }) => id === `resource:${resource}`);
  check.that(
    verdict !== undefined && verdict.level !== 'ok' && sql.length > 0,
    `before: ${verdict?.message} ${before.length - 1} findings, ${sql.length} statements`,
    verdict?.message ?? 'nothing',
  );
  check.show(sql.map((statement) => `${statement};`));
  await superuser.query('BEGIN');
  for (const statement of sql) await superuser.query(statement);
  await superuser.query('COMMIT');
  const after = await findings(broker, resource);
  check.that(
    after.length === 1 && after[0]?.level === 'ok',
    `after:  ${after[0]?.message}`,
    after.map(({ message }) => message).join(' '),
  );
}

async function findings({ config }: OwnBroker, resource: string) {
  const checks = await doctorChecks(config);
  const id = `resource:${resource}`;
  return checks.filter((one) => one.id === id || one.id.startsWith(`${id}:`));
}
