import { type Check, refusal } from '../check.ts';
import { logIn } from '../login.ts';
import { until } from '../until.ts';
import type { LoggedIn, Story } from './story-parts.ts';

/** The clone hangs below the task as well. Seen by the superuser of its server. */
export async function sandboxIsGone(
  check: Check,
  story: Story,
  { leaseId, login, db }: LoggedIn,
): Promise<void> {
  const { operator } = story.broker;
  await until('the sandbox is revoked', async () => {
    const { state } = await operator.call('getLease', { params: { id: leaseId } });
    return state === 'revoked';
  });
  const alive = await db.query('SELECT 1').then(
    () => true,
    () => false,
  );
  check.that(!alive, 'the session that the agent had open there is dead');
  const { rows } = await story.sandboxes.superuser.query<{ databases: number; roles: number }>(
    `SELECT (SELECT count(*)::int FROM pg_database WHERE datname = $1) AS databases,
       (SELECT count(*)::int FROM pg_roles WHERE rolname = $1) AS roles`,
    [login.database],
  );
  const [left] = rows;
  check.that(
    left?.databases === 0 && left.roles === 0,
    'neither the database nor its role is left (pg_database, pg_roles)',
    JSON.stringify(left),
  );
  const again = await refusal('the login', logIn(story.stage, login));
  check.that(
    again.code === '28P01',
    `the login again:     ${again.code}  password authentication failed`,
    again.message,
  );
}

/** Whatever the agent did: not a byte of production is another one. */
export async function productionIsTheSame(
  check: Check,
  { production }: Story,
  before: string,
): Promise<void> {
  const after = await production.checksum();
  check.that(after === before, `checksum ${after}, as before`, after);
}
