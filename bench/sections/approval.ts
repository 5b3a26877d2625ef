import { type AgentSession, createAgentSession } from '../../src/sdk/agent-session.ts';
import { type PendingApproval, pendingApproval } from '../../src/sdk/pending-approval.ts';
import { acceptLink } from '../../test/support/accept-link.ts';
import { type Authenticator, createAuthenticator } from '../../test/support/authenticator.ts';
import { type Browser, createBrowser } from '../../test/support/browser.ts';
import { applyBundle, LEASE_SCOPE, SAMPLE } from '../broker/bundle.ts';
import { type Operator, operatorOf, registerAgent } from '../broker/operator.ts';
import { prepareBroker, startBroker } from '../broker/start.ts';
import { figure, note, percentile } from '../report.ts';
import { FULL } from '../rounds.ts';
import type { Setting } from '../setting.ts';

const DATABASE = 'approval';
const TEAM = 'platform';
const WARM_UP = 20;

/** The approver; the agents are Dana's. */
const PERSON = { name: 'Ines', email: 'ines@example.com', role: 'approver' } as const;

/** What the team may read once one of the dba group said so. */
const ASKED = {
  'rules/asked.cedar': `@id("asked") @ttl("10m") @approvers("dba") @approvals("1")
permit (principal in Team::"${TEAM}", action == Action::"read", resource in Resource::"bench-db");
`,
};

/**
 * From the moment an approver's signed answer is sent until the agent, whose request waits, holds its token: the
 * signature verified, policy asked again, two commits, the wake-up, and the poll that mints.
 */
export async function approval(setting: Setting): Promise<void> {
  const times = setting.pace === FULL ? 400 : 60;
  const home = await prepareBroker(
    await setting.store(),
    DATABASE,
    setting.folder(DATABASE),
    SAMPLE,
  );
  const { broker } = await startBroker(setting.cores, home);
  try {
    const operator = await operatorOf(home, broker);
    await applyBundle(operator, ASKED);
    const caller = await registerAgent(operator, 'asking', TEAM);
    const person = await letIn(operator, broker.url, home.issuer);
    const agent = createAgentSession({
      url: broker.url,
      issuer: home.issuer,
      agentId: caller.id,
      privateKey: caller.privateKey,
    });
    const spent: number[] = [];
    for (let n = 0; n < WARM_UP + times; n += 1) {
      const ms = await once(agent, person);
      if (n >= WARM_UP) spent.push(ms);
    }
    figure('approval.release_p99_ms', percentile(spent, 0.99), 'ms');
    note(`  p50 ${percentile(spent, 0.5).toFixed(1)} ms, of ${times} one after the other`);
  } finally {
    await broker.running.stop();
  }
}

interface Person {
  readonly browser: Browser;
  readonly passkey: Authenticator;
}

/** Invites the approver, who registers a passkey in software and is signed in by that. */
async function letIn(operator: Operator, url: string, issuer: string): Promise<Person> {
  const { invitation } = await operator.call<{ invitation: { url: string } }>(
    'POST',
    '/v1/operators',
    PERSON,
  );
  const browser = createBrowser(url, issuer);
  const passkey = createAuthenticator(new URL(issuer).origin);
  await acceptLink({ browser, passkey }, invitation.url, PERSON);
  return { browser, passkey };
}

/** @returns milliseconds from the answer to the token */
async function once(agent: AgentSession, { browser, passkey }: Person): Promise<number> {
  const pending = await asked(agent);
  const ready = await browser.done('POST', '/v1/approvals/challenges', {
    ids: [pending.approval_id],
    decision: 'approve',
  });
  const body = {
    challenge_id: ready['challenge_id'],
    assertion: passkey.assert(ready['publicKey']),
  };
  const { access_token: own } = await agent.mintToken();
  const waiting = agent
    .client(own)
    .call('getApproval', { params: { id: pending.approval_id }, query: { wait: 30 } })
    .then(() => agent.collectToken(pending.auth_req_id))
    .then(() => performance.now());
  // The agent's request is surely being held: another request has gone to the broker and back.
  await browser.done('GET', `/v1/approvals/${pending.approval_id}`);
  const since = performance.now();
  const answered = browser.done('POST', '/v1/approvals/answers', body);
  const until = await waiting;
  await answered;
  return until - since;
}

async function asked(agent: AgentSession): Promise<PendingApproval> {
  const task = { purpose: 'measure how fast this is' };
  const error = await agent.mintToken({ scopes: [LEASE_SCOPE], task }).then(
    () => new Error('minted without asking'),
    (thrown: unknown) => thrown,
  );
  const pending = pendingApproval(error);
  if (!pending) throw error;
  return pending;
}
