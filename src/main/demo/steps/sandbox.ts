import type { Check } from '../check.ts';
import { refusal } from '../check.ts';
import { Login, logIn } from '../login.ts';
import { count, tableOf } from '../rows.ts';
import { emailsOf } from './sandbox-server.ts';
import type { DemoAgent, LoggedIn, Story } from './story-parts.ts';

const SANDBOX_SCOPE = 'sandboxes:try';

/** The offer of the refusal, taken up: for the same task, a database of the agent's own. */
export async function getSandbox(
  check: Check,
  story: Story,
  { session }: DemoAgent,
  taskId: string,
): Promise<LoggedIn> {
  const minted = await session.mintToken({ scopes: [SANDBOX_SCOPE], task: { task_id: taskId } });
  const client = session.client(minted.access_token);
  const started = performance.now();
  const { lease, credential } = await client.call('issueLease', { body: { scope: SANDBOX_SCOPE } });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const login = Login.parse(credential);
  check.that(
    login.database === login.username,
    `database ${login.database}, cloned in ${seconds} s, until ${lease.expires_at.slice(11, 19)} UTC`,
    `${login.database} for ${login.username}`,
  );
  const db = await logIn(story.stage, login);
  await mustBeMasked(check, story, db);
  await mustBeAlone(check, story, login);
  return { leaseId: lease.id, login, db };
}

async function mustBeMasked(check: Check, story: Story, db: LoggedIn['db']): Promise<void> {
  const { rows } = await db.query<Record<string, unknown>>(
    'SELECT id, name, email, country FROM customers ORDER BY id LIMIT 3',
  );
  check.show(tableOf(rows));
  const real = new Set(await emailsOf(story.production.superuser));
  const seen = await emailsOf(db);
  const leaked = seen.filter((email) => real.has(email)).length;
  check.that(
    seen.length === real.size && leaked === 0,
    `${count(seen.length)} customers, and not one e-mail address of production`,
    `${leaked} of ${seen.length} are real`,
  );
}

/** Its own database and no other: not even the one its admin logs in to. */
async function mustBeAlone(check: Check, story: Story, login: Login): Promise<void> {
  const url = new URL(login.url);
  url.pathname = '/sandboxes';
  const { code, message } = await refusal(
    'another database there',
    logIn(story.stage, { ...login, url: url.href }),
  );
  check.that(
    code === '42501',
    `another database there:  ${code}  ${message}`,
    `${code} ${message}`,
  );
}
