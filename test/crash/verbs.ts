import { setTimeout as sleep } from 'node:timers/promises';
import { authenticate } from '../../src/broker/authenticate.ts';
import type { Broker } from '../../src/broker/context.ts';
import { finishRotations } from '../../src/broker/finish-rotation.ts';
import { issueCredential } from '../../src/broker/issue-credential.ts';
import { issueOnce } from '../../src/broker/issue-once.ts';
import { closeTask } from '../../src/broker/open-task.ts';
import { renewLease } from '../../src/broker/renew-lease.ts';
import { revoke } from '../../src/broker/revoke.ts';
import { revokeLease } from '../../src/broker/revoke-lease.ts';
import { rotateRoot } from '../../src/broker/rotate-root.ts';
import { drainRevocationsJob } from '../../src/jobs/drain-revocations.ts';
import { sweepJob } from '../../src/jobs/sweep.ts';
import type { VerbInput, VerbName } from './plan.ts';

const PATIENCE_MS = 60_000;

/** On what a verb runs. */
export interface Ground {
  readonly broker: Broker;
  /** Starts a call that is no point. */
  readonly unwatched: <T>(call: () => T) => T;
}

/** Ends after a while in any case: the test says what is wrong with what is left. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await condition()) && performance.now() < deadline) await sleep(25);
}

/** How often it has to look is chance, so these looks are no points. */
async function revoked({ broker, unwatched }: Ground, id: string): Promise<void> {
  await until(async () => {
    const found = await unwatched(() => broker.leases.find(id));
    return found?.state === 'revoked' || found?.overdueSince !== undefined;
  });
}

async function agentOf(broker: Broker, token: string) {
  const principal = await authenticate(broker, token);
  if (principal.type !== 'agent') throw new Error('not an agent');
  return principal;
}

const ADMIN = { type: 'operator', id: 'opr_host', role: 'admin' } as const;

export const VERBS: Record<VerbName, (ground: Ground, input: VerbInput) => Promise<unknown>> = {
  issue: async (ground, { token, scope }) =>
    issueCredential(ground.broker, await agentOf(ground.broker, token), { scope }),
  // The key has a live lease already: the repeat revokes it and issues another.
  'issue once more': async (ground, { token, scope, key, lease }) => {
    await issueOnce(ground.broker, await agentOf(ground.broker, token), key, { scope });
    await revoked(ground, lease);
  },
  renew: async (ground, { token, lease }) =>
    renewLease(ground.broker, await agentOf(ground.broker, token), lease),
  'revoke the lease': async (ground, { token, lease }) => {
    await revokeLease(ground.broker, await agentOf(ground.broker, token), lease);
    await revoked(ground, lease);
  },
  'close the task': async (ground, { token, task, lease }) => {
    await closeTask(ground.broker, await agentOf(ground.broker, token), task, 'done');
    await revoked(ground, lease);
  },
  'revoke the agent': async (ground, { agent, lease }) => {
    const target = { kind: 'agent', id: agent } as const;
    await revoke(ground.broker, { target, reason: 'stolen key', actor: 'opr_host' });
    await revoked(ground, lease);
  },
  // The cascade of another process stopped after its first transaction: the jobs finish it.
  'sweep what is left': async (ground, { lease }) => {
    await sweepJob(ground.broker, 1_000).run();
    await drainRevocationsJob(ground.broker, 1_000).run();
    await revoked(ground, lease);
  },
  'rotate the root': ({ broker }) => rotateRoot(broker, ADMIN, 'shop-staging'),
  'finish the rotation': ({ broker }) => finishRotations(broker),
};
