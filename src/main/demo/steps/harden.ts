import { doctorChecks } from '../../run-doctor.ts';
import type { Check } from '../check.ts';
import type { Story } from './story-parts.ts';

const RESOURCE = 'resource:orders-db';

/** Runs as production's superuser exactly what `doctor` printed about it, then asks again. */
export async function harden(check: Check, story: Story): Promise<void> {
  const before = await findings(story);
  const sql = before.flatMap((finding) => finding.sql ?? []);
  const verdict = before.find(({ id }) => id === RESOURCE);
  check.that(
    verdict?.level === 'fail' && sql.length > 0,
    `before: ${verdict?.message} ${before.length - 1} findings, ${sql.length} statements`,
    verdict?.message ?? 'nothing',
  );
  check.show(sql.map((statement) => `${statement};`));
  const { superuser } = story.production;
  await superuser.query('BEGIN');
  for (const statement of sql) await superuser.query(statement);
  await superuser.query('COMMIT');
  const after = await findings(story);
  check.that(
    after.length === 1 && after[0]?.level === 'ok',
    `after:  ${after[0]?.message}`,
    after.map(({ message }) => message).join(' '),
  );
}

async function findings({ broker }: Story) {
  const checks = await doctorChecks(broker.config);
  return checks.filter(({ id }) => id === RESOURCE || id.startsWith(`${RESOURCE}:`));
}
