import type { CountersignError } from '../../src/sdk/error.ts';
import { ASKED, ASKED_BUNDLE } from './asked-bundle.ts';
import type { Deviation } from './authenticator.ts';
import type { BrowserAnswer } from './browser.ts';
import { type BrokerOptions, startBroker, type TestAgent, type TestBroker } from './broker.ts';
import { aPerson, type Person } from './people.ts';

/** A broker whose agents have to ask, and people who may answer. */
export interface Asking {
  readonly broker: TestBroker;
  /** Came by the set-up link: admin. */
  readonly ines: Person;
  /** Invited by the host: counts beside Ines, who invited nobody. */
  readonly omar: Person;
  /** An agent of Dana's that has to ask for everything. */
  agent(): Promise<TestAgent>;
  stop(): Promise<void>;
}

export async function openAsking(
  options: BrokerOptions & { readonly bundle?: Record<string, string> } = {},
): Promise<Asking> {
  const broker = await startBroker(options);
  await broker.apply(options.bundle ?? ASKED_BUNDLE);
  const ines = await aPerson(broker, { email: 'ines@example.com', name: 'Ines' });
  const omar = await aPerson(broker, { email: 'omar@example.com', role: 'approver', name: 'Omar' });
  return { broker, ines, omar, agent: () => broker.agent(['asking']), stop: () => broker.stop() };
}

/** What the token endpoint says where persons have to approve first. */
export interface Asked {
  readonly id: string;
  readonly authReqId: string;
  readonly task: string;
  readonly members: Readonly<Record<string, unknown>>;
}

/** Asks for a token, and is told to wait. */
export async function ask(
  agent: TestAgent,
  task: { purpose: string } | { task_id: string } = { purpose: 'look at orders' },
  scopes: readonly string[] = [ASKED],
): Promise<Asked> {
  const error = await agent.session.mintToken({ scopes, task }).then(
    () => {
      throw new Error('minted without asking');
    },
    (thrown: CountersignError) => thrown,
  );
  if (error.code !== 'approval_required') throw error;
  const { members } = error;
  const [detail] = members['authorization_details'] as { task_id: string }[];
  return {
    id: String(members['approval_id']),
    authReqId: String(members['auth_req_id']),
    task: detail?.task_id ?? '',
    members,
  };
}

/** Says yes to these with one signature; a deviation changes what the authenticator does. */
export async function approve(
  person: Person,
  ids: readonly string[],
  deviation?: Deviation,
): Promise<BrowserAnswer> {
  const begun = await person.call('POST', '/v1/approvals/challenges', { ids, decision: 'approve' });
  if (begun.status !== 200) return begun;
  return person.call('POST', '/v1/approvals/answers', {
    challenge_id: begun.body['challenge_id'],
    assertion: person.passkey.assert(begun.body['publicKey'], deviation),
  });
}

export function deny(person: Person, id: string, reason?: string): Promise<BrowserAnswer> {
  return person.call('POST', `/v1/approvals/${id}/answer`, { decision: 'deny', reason });
}
