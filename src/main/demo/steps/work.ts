import type { Check } from '../check.ts';
import { Login, logIn } from '../login.ts';
import { askPsql } from '../psql.ts';
import { tableOf } from '../rows.ts';
import type { LoggedIn, Story, TaskToken } from './story-parts.ts';

const WHO = 'SELECT session_user';

/** One lease: a role that exists for this agent and this task only. */
export async function getLogin(check: Check, story: Story, token: TaskToken): Promise<LoggedIn> {
  const { lease, credential } = await token.client.call('issueLease', {
    body: { scope: 'orders-db:read' },
  });
  const login = Login.parse(credential);
  check.that(
    login.username.startsWith(`cs_${story.broker.installation}_`),
    `role ${login.username}, until ${lease.expires_at.slice(11, 19)} UTC`,
    login.username,
  );
  const db = await logIn(story.stage, login);
  const { rows } = await db.query<{ session_user: string }>(WHO);
  const seen = rows[0]?.session_user ?? '';
  check.that(seen === login.username, 'logged in with pg, the driver', seen);
  const byPsql = await askPsql(story.stage.dir, login, WHO);
  if (byPsql === undefined) check.show(['psql is not installed here: left out']);
  else check.that(byPsql === login.username, 'logged in with psql', byPsql);
  return { leaseId: lease.id, login, db };
}

const REFUNDS = `
SELECT o.id, o.created_at::date::text AS ordered, c.country, o.status, o.total
FROM orders o JOIN customers c ON c.id = o.customer_id
WHERE o.status = 'refund due' ORDER BY o.created_at DESC LIMIT 5`;

export async function readOrders(check: Check, { db }: LoggedIn): Promise<void> {
  const { rows } = await db.query<Record<string, unknown>>(REFUNDS);
  check.show(tableOf(rows));
  check.that(rows.length === 5, 'orders, joined with the columns of customers it may see');
}
