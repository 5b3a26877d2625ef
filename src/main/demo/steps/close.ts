import { type Check, refusal } from '../check.ts';
import { logIn } from '../login.ts';
import { until } from '../until.ts';
import type { LoggedIn, Story, TaskToken } from './story-parts.ts';

const SLOW = 'SELECT count(*), pg_sleep(60) FROM orders';

/** Everything that hangs below a task ends with it, also what is running just now. */
export async function closeInTheMiddle(
  check: Check,
  story: Story,
  held: { readonly task: string; readonly token: TaskToken; readonly session: LoggedIn },
): Promise<void> {
  const { task, token, session } = held;
  const { operator } = story.broker;
  const running = refusal('the running query', session.db.query(SLOW));
  running.catch(() => undefined);
  await until('the query runs', async () => (await sessionsOf(story, session)).running === 1);
  const closed = await operator.call('closeTask', {
    params: { id: task },
    body: { reason: 'demo' },
  });
  check.that(closed.state === 'closed', `${task} is ${closed.state}`);
  const { code, message } = await running;
  check.that(code === '57P01', `the running query:   ${code}  ${message}`, `${code} ${message}`);

  const lease = await until('the lease is revoked', async () => {
    const found = await operator.call('getLease', { params: { id: session.leaseId } });
    return found.state === 'revoked' ? found : undefined;
  });
  const deadMs = lease.dead_ms ?? Number.NaN;
  const left = await sessionsOf(story, session);
  check.that(
    left.sessions === 0 && deadMs >= 0,
    `its session was dead ${deadMs.toFixed(0)} ms after the close (dead_ms, in the audit)`,
    `${left.sessions} sessions`,
  );
  check.that(left.roles === 0, 'its role is gone from production', `${left.roles} roles`);
  const login = await refusal('the login', logIn(story.stage, session.login));
  check.that(
    login.code === '28P01',
    `the login again:     ${login.code}  ${login.message.replace(/ for user .*/, '')}`,
    login.message,
  );
  const refused = await refusal(
    'the token',
    token.client.call('getTask', { params: { id: task } }),
  );
  check.that(refused.code === 'invalid_token', `the token again:     401    ${refused.message}`);
}

interface Sessions {
  readonly sessions: number;
  readonly running: number;
  readonly roles: number;
}

/** Seen by production's superuser. */
async function sessionsOf({ production }: Story, { login }: LoggedIn): Promise<Sessions> {
  const { rows } = await production.superuser.query<Sessions>(
    `SELECT count(a.pid)::int AS sessions,
       count(a.pid) FILTER (WHERE a.state = 'active')::int AS running,
       (SELECT count(*)::int FROM pg_roles WHERE rolname = $1) AS roles
     FROM pg_stat_activity a WHERE a.usename = $1`,
    [login.username],
  );
  return rows[0] ?? { sessions: -1, running: -1, roles: -1 };
}
