import type pg from 'pg';
import type { Template } from '../../../contract/schemas/sandbox.ts';
import type { Check } from '../check.ts';
import { PRODUCTION_ADMIN } from '../production.ts';
import { count } from '../rows.ts';
import { until } from '../until.ts';
import { harden } from './harden.ts';
import { sealRoot } from './policy.ts';
import type { Story } from './story-parts.ts';

const RESOURCE = 'sandboxes';
/** As resources/sandboxes.yaml names it. */
const ADMIN_URL = 'sandboxes/admin-url';
/** What the masking of that file reads and no scope of production does. */
const FOR_MASKING = `GRANT SELECT (name, email) ON customers TO ${PRODUCTION_ADMIN}`;
const BUILD_SECONDS = 60;

/** A server of its own, since production's is refused for this. */
export async function prepareSandboxes(check: Check, story: Story): Promise<void> {
  const { broker, sandboxes } = story;
  await sealRoot(check, broker.operator, ADMIN_URL, sandboxes.adminUrl);
  await harden(check, broker, RESOURCE, sandboxes.superuser);
}

/**
 * What `countersign sandbox refresh sandboxes shop` does.
 * @returns the checksum of production, which nothing may change from here on
 */
export async function buildTemplate(check: Check, story: Story): Promise<string> {
  const { operator } = story.broker;
  await story.production.superuser.query(FOR_MASKING);
  check.show([`${FOR_MASKING};`]);
  const params = { name: RESOURCE, template: 'shop' };
  const { id } = await operator.call('refreshTemplate', { params });
  const built = await until(
    'the template is built',
    async () => {
      const { items } = await operator.call('listTemplates', { params: { name: RESOURCE } });
      return items.find((one) => one.id === id && one.state !== 'building');
    },
    BUILD_SECONDS,
  );
  mustBeWhole(check, built, story);
  const checksum = await story.production.checksum();
  check.that(checksum.length === 32, `production, before an agent comes: checksum ${checksum}`);
  return checksum;
}

function mustBeWhole(check: Check, built: Template, { production }: Story): void {
  const { report } = built;
  const rows = Object.values(production.rows).reduce((sum, one) => sum + one, 0);
  check.that(
    built.state === 'ready' && report?.rows === rows && report.skipped.length === 0,
    `template shop, version ${built.version}: all ${report?.tables} tables, ${count(report?.rows ?? 0)} rows, none left out`,
    built.error ?? JSON.stringify(report?.skipped),
  );
  const masked = Object.entries(report?.masked ?? {});
  check.that(
    masked.length === 2 && masked.every(([, mask]) => mask === 'fake'),
    `masked on the way: ${masked.map(([column]) => column).join(', ')}`,
    JSON.stringify(masked),
  );
}

/** @returns the e-mail addresses of a shop's customers */
export async function emailsOf(db: pg.Client): Promise<string[]> {
  const { rows } = await db.query<{ email: string }>('SELECT email FROM customers');
  return rows.map(({ email }) => email);
}
