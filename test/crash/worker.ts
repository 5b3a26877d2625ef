import { readFileSync } from 'node:fs';
import { type Composed, compose } from '../../src/main/compose.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { configOf } from '../support/plain-config.ts';
import { Crossings } from './crossings.ts';
import type { Plan, VerbInput, VerbName } from './plan.ts';
import { until, VERBS } from './verbs.ts';

/**
 * One process of the crash matrix. It composes a broker of its own on the store that its plan names,
 * runs one verb, and kills itself at the point the plan names. Without such a point it runs to the
 * end and prints every point it crossed.
 */
const plan = JSON.parse(readFileSync(0, 'utf8')) as Plan;
const crossings = new Crossings((point) => {
  if (point === plan.killAt) process.kill(process.pid, 'SIGKILL');
});

function composeBroker(): Promise<Composed> {
  const store = new URL(plan.config.databaseUrl).pathname.slice(1);
  if (plan.statements) crossings.watchVault();
  if (plan.statements) crossings.watchResources(({ database }) => database !== store);
  return compose(configOf(plan.config), createLogger({ level: 'silent' }), {
    limits: plan.limits,
    ...crossings.overrides(),
  });
}

async function crashOrRecord(verb: VerbName, input: VerbInput): Promise<void> {
  const { broker, dispose } = await composeBroker();
  await broker.feed.start(() => undefined);
  await broker.policy.refresh();
  const unwatched = <T>(call: () => T) => crossings.unwatched(call);
  const points = await crossings.during(() => VERBS[verb]({ broker, unwatched }, input));
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
