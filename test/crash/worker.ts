import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { sweepJob } from '../../src/jobs/sweep.ts';
import { drainRevocationsJob } from '../../src/jobs/drain-revocations.ts';
import { authenticate } from '../../src/broker/authenticate.ts';
import type { Broker } from '../../src/broker/context.ts';
import { issueCredential } from '../../src/broker/issue-credential.ts';
import { issueOnce } from '../../src/broker/issue-once.ts';
import { closeTask } from '../../src/broker/open-task.ts';
import { revoke } from '../../src/broker/revoke.ts';
import { finishRotations } from '../../src/broker/finish-rotation.ts';
import { rotateRoot } from '../../src/broker/rotate-root.ts';
import { revokeLease } from '../../src/broker/revoke-lease.ts';
import { type Composed, compose } from '../../src/main/compose.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { configOf } from '../support/plain-config.ts';
import { Crossings } from './crossings.ts';
import type { Plan, VerbInput, VerbName } from './plan.ts';

/**
 * One process of the crash matrix. It composes a broker of its own on the store that its plan names,
 * runs one verb, and kills itself at the point the plan names. Without such a point it runs to the
 * end and prints every point it crossed.
 */
const PATIENCE_MS = 60_000;
const plan = JSON.parse(readFileSync(0, 'utf8')) as Plan;
const crossings = new Crossings(plan.killAt);

function composeBroker(): Promise<Composed> {
  if (plan.statements) crossings.watchResources(new URL(plan.config.databaseUrl).pathname.slice(1));
  return compose(configOf(plan.config), createLogger({ level: 'silent' }), {
    limits: plan.limits,
    ports: (ports) => crossings.watchAll(ports),
    providers: (all) =>
      new Map([...all].map(([kind, provider]) => [kind, crossings.watch('provider', provider)])),
  });
}

/** Ends after a while in any case: the test says what is wrong with what is left. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await condition()) && performance.now() < deadline) await sleep(25);
}

/** How often it has to look is chance, so these looks are no points. */
async function revoked(broker: Broker, id: string): Promise<void> {
  await until(async () => {
    const found = await crossings.unwatched(() => broker.leases.find(id));
    return found?.state === 'revoked';
  });
}

async function agentOf(broker: Broker, token: string) {
  const principal = await authenticate(broker, token);
  if (principal.type !== 'agent') throw new Error('not an agent');
  return principal;
}

const ADMIN = { type: 'operator', id: 'opr_host', role: 'admin' } as const;

const VERBS: Record<VerbName, (broker: Broker, input: VerbInput) => Promise<unknown>> = {
  issue: async (broker, { token, scope }) =>
    issueCredential(broker, await agentOf(broker, token), { scope }),
  // The key has a live lease already: the repeat revokes it and issues another.
  'issue once more': async (broker, { token, scope, key, lease }) => {
    await issueOnce(broker, await agentOf(broker, token), key, { scope });
    await revoked(broker, lease);
  },
  'revoke the lease': async (broker, { token, lease }) => {
    await revokeLease(broker, await agentOf(broker, token), lease);
    await revoked(broker, lease);
  },
  'close the task': async (broker, { token, task, lease }) => {
    await closeTask(broker, await agentOf(broker, token), task, 'done');
    await revoked(broker, lease);
  },
  'revoke the agent': async (broker, { agent, lease }) => {
    const target = { kind: 'agent', id: agent } as const;
    await revoke(broker, { target, reason: 'stolen key', actor: 'opr_host' });
    await revoked(broker, lease);
  },
  // The cascade of another process stopped after its first transaction: the jobs finish it.
  'sweep what is left': async (broker, { lease }) => {
    await sweepJob(broker, 1_000).run();
    await drainRevocationsJob(broker, 1_000).run();
    await revoked(broker, lease);
  },
  'rotate the root': (broker) => rotateRoot(broker, ADMIN, 'shop-staging'),
  'finish the rotation': (broker) => finishRotations(broker),
};

async function crashOrRecord(verb: VerbName, input: VerbInput): Promise<void> {
  const { broker, dispose } = await composeBroker();
  await broker.feed.start(() => undefined);
  await broker.policy.refresh();
  const points = await crossings.during(() => VERBS[verb](broker, input));
  process.stdout.write(JSON.stringify(points));
  await broker.feed.stop();
  await dispose();
}

/** A fresh broker with all its jobs, until nothing is left to be ended or revoked. */
async function sweep(): Promise<void> {
  const composed = await composeBroker();
  await composed.start();
  const { leases } = composed.broker;
  await until(async () => {
    const left = await leases.list({ limit: 10_000, live: true, overdue: false });
    return left.every((lease) => lease.state === 'active');
  });
  await composed.stop();
}

await (plan.verb === 'sweep' ? sweep() : crashOrRecord(plan.verb, plan.input));
