import type { Agent } from '../domain/agent.ts';
import {
  agentSuspended,
  type BrokerError,
  conflict,
  ended,
  internal,
  invalidClient,
  isBrokerError,
  notFound,
  stopped,
} from '../domain/errors.ts';
import { isLive, TASK_TTL_SECONDS, type Task } from '../domain/task.ts';
import { parseScopes, parseTaskRequest, type TaskRequest } from '../domain/task-request.ts';
import type { MintOutcome } from '../ports/ledger.ts';
import { type AskedForGrant, askForGrant } from './ask-for-grant.ts';
import type { ClientAuthentication } from './authenticate-client.ts';
import type { Broker } from './context.ts';
import { collectApproved } from './collect-grant.ts';
import { weighScopes } from './decide-scopes.ts';
import { refuseWhenStale } from './freshness.ts';
import {
  type ComposedMint,
  composeMint,
  composeSelfToken,
  type MintedToken,
  refusalOf,
} from './mint-token.ts';
import { sealed } from './record.ts';
import { refusedBy as notAsked } from './request-approval.ts';
import { taskFacts } from './task-facts.ts';
import { type Authenticated, commitMint, lookAgain, type Mark, withAgent } from './with-agent.ts';

/** A token request as it came over the wire (RFC 6749 §4.4 with RFC 7523, 8707 and 9396). */
export interface TokenRequest {
  readonly assertion: ClientAuthentication;
  readonly scope?: string | undefined;
  readonly resource?: string | undefined;
  readonly authorizationDetails?: string | undefined;
}

/** How often a decision may be overtaken by a change before the caller is asked to try again. */
const TRIES = 4;

/**
 * The whole flow of a token request: read → authenticate → find the task → decide → commit grant,
 * token record and audit entry in one transaction → sign → hand out; or, where persons have to approve it first,
 * ask them.
 *
 * @throws the refusal, as a BrokerError
 */
export async function requestGrant(broker: Broker, request: TokenRequest): Promise<MintedToken> {
  refuseWhenStale(broker);
  const scopes = parseScopes(request.scope);
  const wanted = parseTaskRequest(request.authorizationDetails);
  const { assertion, resource: target } = request;
  return withAgent(broker, assertion, (agent, mark) =>
    grantTo(broker, agent, { assertion, scopes, wanted, target }, mark),
  );
}

interface Wanted {
  readonly assertion: ClientAuthentication;
  readonly scopes: readonly string[];
  readonly wanted: TaskRequest;
  readonly target: string | undefined;
}

async function grantTo(
  broker: Broker,
  client: Authenticated,
  request: Wanted,
  mark: Mark,
): Promise<MintedToken> {
  let authenticated = client;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const task = await findTask(broker, authenticated.agent, request.wanted);
    const composed = await compose(broker, authenticated, task, request, mark);
    if ('item' in composed) {
      const outcome = await commitMint(broker, composed.item, mark);
      if (outcome.kind === 'committed') return composed.release();
      if (outcome.kind !== 'changed') throw refusedBy(outcome);
    } else {
      mark.use = undefined;
      if (composed.kind === 'asked') throw composed.error;
      if (composed.kind === 'approved') {
        const { approvalId } = composed;
        return collectApproved(broker, authenticated, { approvalId, assertion: request.assertion });
      }
      if (composed.outcome.kind !== 'changed') throw notAsked(composed.outcome);
    }
    authenticated = await lookAgain(broker, authenticated, request.assertion);
  }
  throw conflict('Policy or agent kept changing during this request. Try again.');
}

/** The task to continue; undefined where the request opens one. */
async function findTask(
  broker: Broker,
  agent: Agent,
  wanted: TaskRequest,
): Promise<Task | undefined> {
  if (wanted.kind === 'open') return undefined;
  const task = await broker.tasks.find(wanted.taskId);
  // Another agent's task answers as if it did not exist.
  if (!task || task.agentId !== agent.id) throw notFound('Task');
  if (!isLive(task, broker.clock.now())) throw ended('task');
  return task;
}

async function compose(
  broker: Broker,
  authenticated: Authenticated,
  task: Task | undefined,
  request: Wanted,
  mark: Mark,
): Promise<ComposedMint | AskedForGrant> {
  const { agent, provenBy } = authenticated;
  const { use } = mark;
  const proof = { provenBy, use };
  const now = broker.clock.now();
  const { scopes, wanted, target } = request;
  if (scopes.length === 0) return composeSelfToken(broker, agent, proof, now);
  const open = task ?? newTask(broker, agent, wanted, now);
  try {
    const decision = weighScopes(broker, agent, scopes, taskFacts(open, now));
    const about = { agent, task: open, isNew: !task, proof, decision, target, now };
    if (decision.requirements.length > 0) return await askForGrant(broker, { ...about, use });
    return await composeMint(broker, about);
  } catch (error) {
    if (isBrokerError(error)) await recordDenial(broker, agent, open, request, error, mark);
    throw error;
  }
}

function newTask(broker: Broker, agent: Agent, wanted: TaskRequest, now: number): Task {
  const { purpose, ticket } = wanted.kind === 'open' ? wanted : { purpose: '', ticket: undefined };
  return {
    id: broker.newId('task'),
    agentId: agent.id,
    purpose,
    ...(ticket === undefined ? {} : { ticket }),
    openedBy: 'agent',
    state: 'open',
    createdAt: now,
    expiresAt: now + TASK_TTL_SECONDS.default * 1000,
  };
}

/** A deny is an outcome worth keeping: it goes into the chain with the scopes and the rule. */
async function recordDenial(
  broker: Broker,
  agent: Agent,
  task: Task,
  request: Wanted,
  error: BrokerError,
  mark: Mark,
): Promise<void> {
  const refusal = refusalOf(agent, request.scopes);
  const words = await sealed(broker, agent.id, { purpose: task.purpose, ticket: task.ticket });
  const entry = refusal(error.code);
  const outcome = await commitMint(
    broker,
    {
      assertion: mark.use,
      agentId: agent.id,
      agentVersion: agent.version,
      bundleVersion: broker.policy.version(),
      entry: {
        ...entry,
        detail: { ...entry.detail, rule: error.meta.hint?.rule ?? null, ...words },
      },
      refusal,
    },
    mark,
  );
  if (outcome.kind === 'replayed') throw invalidClient();
  broker.meter.count('mint', error.code);
}

function refusedBy(outcome: Exclude<MintOutcome, { kind: 'committed' | 'changed' }>): BrokerError {
  switch (outcome.kind) {
    case 'replayed':
      return invalidClient();
    case 'suspended':
      return agentSuspended();
    case 'stopped':
      return stopped(outcome.what, outcome.stopId);
    case 'task_ended':
      return ended('task');
    case 'approval_over':
      return internal('a mint without an approval cannot lack one');
    default:
      return internal(outcome satisfies never);
  }
}
