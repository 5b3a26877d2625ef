import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { AgentSession } from '../../src/sdk/agent-session.ts';
import type { Client } from '../../src/sdk/client.ts';
import { SCOPES, type ScopeId } from './bundle.ts';
import type { Chance } from './chance.ts';
import type { Tally } from './tally.ts';

/** An agent waits for a broker that is being started again, on a busy machine, too. */
const TRIES = 40;
const ISSUE_TRIES = 4;
/** Milliseconds that an agent waits for one answer. */
const PATIENCE = { timeoutMs: 12_000 };

/** With what a task is lived through. */
export interface Life {
  readonly chance: Chance;
  readonly tally: Tally;
  /** One agent as it speaks to each broker. */
  readonly sessions: readonly AgentSession[];
  /** An admin at each broker. */
  readonly admins: readonly Client[];
  /** What was handed out: names of logins. */
  readonly handedOut: (scope: ScopeId, username: string) => void;
  /** Sessions that an agent leaves open. */
  readonly leftOpen: (session: pg.Client) => void;
}

interface Held {
  readonly scope: ScopeId;
  readonly token: string;
  readonly task: string;
  readonly client: () => Client;
}

interface Lease {
  readonly id: string;
  readonly url: string | undefined;
}

/** How a task ends; most agents are tidy, some just go away. */
const ENDS = {
  close: 40,
  'revoke lease': 15,
  'revoke token': 10,
  operator: 10,
  leave: 25,
} as const;

/** One task of an agent, from its token to its end, at whichever broker answers. */
export async function liveTask(life: Life): Promise<void> {
  const { chance, tally } = life;
  const scope = chance.weighted(SCOPES);
  const held = await mint(life, scope);
  tally.add('tasks');
  if (!held) return;
  const wanted = chance.happens(0.25) ? 2 : 1;
  let last: Lease | undefined;
  for (let nth = 0; nth < wanted; nth += 1) {
    const lease = await issue(life, held);
    if (!lease) continue;
    last = lease;
    if (chance.happens(0.25)) await use(life, held, lease);
    if (chance.happens(0.2)) await renew(life, held, lease);
  }
  await end(life, held, last);
}

async function mint(life: Life, scope: ScopeId): Promise<Held | undefined> {
  const { chance, tally, sessions } = life;
  const start = chance.between(0, sessions.length - 1);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const session = sessions[(start + tries) % sessions.length] as AgentSession;
    const task = { purpose: 'look at orders' };
    const asked = { scopes: [scope], task, ...PATIENCE };
    const minted = await tally.attempt(() => session.mintToken(asked), 'mints');
    if (minted) {
      const token = minted.access_token;
      const client = () => chance.pick(sessions).client(token);
      return { scope, token, task: minted.task_id ?? '', client };
    }
    await sleep(chance.between(100, 500));
  }
  return undefined;
}

/** Sometimes under a key; without one, each further try is another lease, and nobody knows the first. */
async function issue(life: Life, held: Held): Promise<Lease | undefined> {
  const { chance, tally } = life;
  const { scope } = held;
  const idempotencyKey = chance.happens(0.4) ? `key-${chance.between(0, 2 ** 30)}` : undefined;
  const ask = async () => {
    const options = { body: { scope }, ...PATIENCE, ...(idempotencyKey && { idempotencyKey }) };
    const issued = await held.client().call('issueLease', options);
    life.handedOut(scope, String(issued.credential['username']));
    const { url } = issued.credential;
    return { id: issued.lease.id, url: typeof url === 'string' ? url : undefined };
  };
  let lease: Lease | undefined;
  for (let tries = 0; tries < ISSUE_TRIES && !lease; tries += 1) {
    if (tries > 0) await sleep(chance.between(100, 500));
    lease = await tally.attempt(ask, 'leases');
  }
  // Under a key, a repeat replaces the login.
  const again = lease && idempotencyKey !== undefined && chance.happens(0.2);
  return (again ? await tally.attempt(ask, 'leases') : undefined) ?? lease;
}

async function renew({ tally }: Life, held: Held, { id }: Lease): Promise<void> {
  await tally.attempt(
    () => held.client().call('renewLease', { params: { id }, ...PATIENCE }),
    'renewals',
  );
}

/** Logs in, works a little, and now and then leaves a session or a prepared transaction behind. */
async function use(life: Life, { scope }: Held, { url }: Lease): Promise<void> {
  if (url === undefined) return;
  const session = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  session.on('error', () => undefined);
  try {
    await session.connect();
    await session.query('select count(*) from orders');
    life.tally.add('logins');
    if (scope === 'sandboxes:try') {
      await session.query(
        'create table mine (id int primary key); begin; insert into mine values (1)',
      );
      await session.query(life.chance.happens(0.5) ? "prepare transaction 'left'" : 'commit');
    }
    if (life.chance.happens(0.5)) return life.leftOpen(session);
  } catch {
    // The line was cut, or the lease has ended already.
  }
  await session.end().catch(() => undefined);
}

async function end(life: Life, held: Held, lease: Lease | undefined): Promise<void> {
  const { chance, tally, sessions, admins } = life;
  const { task, token } = held;
  const ends: Record<keyof typeof ENDS, () => Promise<unknown>> = {
    close: () => held.client().call('closeTask', { params: { id: task }, body: {}, ...PATIENCE }),
    'revoke lease': async () =>
      lease && held.client().call('revokeLease', { params: { id: lease.id }, ...PATIENCE }),
    'revoke token': () => chance.pick(sessions).revokeToken(token, PATIENCE),
    operator: () => {
      const body = { task, reason: 'enough' };
      return chance.pick(admins).call('revoke', { body, ...PATIENCE });
    },
    leave: async () => undefined,
  };
  const how = chance.weighted(ENDS);
  await tally.attempt(ends[how], how === 'leave' ? undefined : 'revocations asked');
}
