// One process of the crash matrix. It gets a plan on stdin, composes a broker of its own on the store it
// is told, runs one verb and kills itself (SIGKILL) at the point the plan names. Without such a
// point it runs to the end and prints every point it crossed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import pg from 'pg';

const plan = JSON.parse(readFileSync(0, 'utf8'));
const built = (path) => import(pathToFileURL(join(plan.built, path)).href);
const { compose } = await built('main/compose.js');
const { Secret } = await built('domain/secret.js');
const { createLogger } = await built('platform/logger.js');

const counts = new Map();
const points = [];
let recording = false;
let outstanding = 0;

function cross(point) {
  if (!recording) return;
  points.push(point);
  if (point === plan.killAt) process.kill(process.pid, 'SIGKILL');
}

/** Runs one call between its two points. */
function passing(name, run) {
  if (!recording) return run();
  const count = (counts.get(name) ?? 0) + 1;
  counts.set(name, count);
  cross(`before ${name} ${count}`);
  const result = run();
  if (typeof result?.then !== 'function') {
    cross(`after ${name} ${count}`);
    return result;
  }
  outstanding += 1;
  return result.finally(() => {
    cross(`after ${name} ${count}`);
    outstanding -= 1;
  });
}

function watched(port, target) {
  return new Proxy(target, {
    get(object, key) {
      const value = object[key];
      if (typeof value !== 'function') return value;
      return (...args) => passing(`${port}.${String(key)}`, () => value.apply(object, args));
    },
  });
}

/** What a provider changes at a resource takes several statements: each of them is a point as well. */
function watchChangesOutside(storeDatabase) {
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function statement(...args) {
    const text = typeof args[0] === 'string' ? args[0] : args[0]?.text;
    const [change] = CHANGE.exec(text ?? '') ?? [];
    if (change === undefined || this.database === storeDatabase) return query.apply(this, args);
    return passing(`resource: ${change}`, () => query.apply(this, args));
  };
}

const CHANGE = /\b(BEGIN|COMMIT|ALTER ROLE|DROP ROLE|pg_terminate_backend)\b/;

async function composeBroker() {
  const { databaseUrl, masterKey, ...rest } = plan.config;
  const config = {
    ...rest,
    migrateDatabaseUrl: undefined,
    databaseUrl: new Secret(databaseUrl),
    masterKey: new Secret(masterKey),
  };
  if (plan.statements) watchChangesOutside(new URL(databaseUrl).pathname.slice(1));
  const each = (ports) =>
    Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, watched(name, port)]));
  return compose(config, createLogger({ level: 'silent' }), {
    limits: plan.limits,
    ports: each,
    providers: (all) =>
      new Map([...all].map(([kind, provider]) => [kind, watched('provider', provider)])),
  });
}

async function until(condition) {
  while (!(await condition())) await sleep(25);
}

const VERBS = {
  issue: async (broker, { token, scope }) => {
    const { issueCredential } = await built('broker/issue-credential.js');
    await issueCredential(broker, await principalOf(broker, token), { scope });
  },
  // The key has a live lease already: the repeat revokes it and issues another.
  'issue once more': async (broker, { token, scope, key, lease }) => {
    const { issueOnce } = await built('broker/issue-once.js');
    await issueOnce(broker, await principalOf(broker, token), key, { scope });
    await revoked(broker, lease);
  },
  'revoke the lease': async (broker, { token, lease }) => {
    const { revokeLease } = await built('broker/revoke-lease.js');
    await revokeLease(broker, await principalOf(broker, token), lease);
    await revoked(broker, lease);
  },
  'close the task': async (broker, { token, task, lease }) => {
    const { closeTask } = await built('broker/open-task.js');
    await closeTask(broker, await principalOf(broker, token), task, 'done');
    await revoked(broker, lease);
  },
  'revoke the agent': async (broker, { agent, lease }) => {
    const { revoke } = await built('broker/revoke.js');
    const target = { kind: 'agent', id: agent };
    await revoke(broker, { target, reason: 'stolen key', actor: 'opr_host' });
    await revoked(broker, lease);
  },
  // Somebody else's cascade stopped after its first transaction: the jobs of this process finish it.
  'sweep what is left': async (broker, { lease }) => {
    const { sweepJob } = await built('jobs/sweep.js');
    const { drainRevocationsJob } = await built('jobs/drain-revocations.js');
    await sweepJob(broker, 1_000).run();
    await drainRevocationsJob(broker, 1_000).run();
    await revoked(broker, lease);
  },
};

async function principalOf(broker, token) {
  const { authenticate } = await built('broker/authenticate.js');
  return authenticate(broker, token);
}

/** Looks past the record of points, since how often it has to look is chance. */
async function revoked(broker, id) {
  await until(async () => {
    const before = recording;
    recording = false;
    const found = broker.leases.find(id);
    recording = before;
    return (await found).state === 'revoked';
  });
}

async function crashOrRecord() {
  const { broker, dispose } = await composeBroker();
  await broker.feed.start(() => undefined);
  await broker.policy.refresh();
  recording = true;
  await VERBS[plan.verb](broker, plan.input);
  await until(async () => outstanding === 0);
  recording = false;
  process.stdout.write(JSON.stringify(points));
  await broker.feed.stop();
  await dispose();
}

/** A fresh broker with all its jobs, until nothing is left to be ended or revoked. */
async function sweep() {
  const composed = await composeBroker();
  await composed.start();
  const { leases } = composed.broker;
  await until(async () => {
    const left = await leases.list({ limit: 10_000, live: true, overdue: false });
    return left.every((lease) => lease.state === 'active');
  });
  await composed.stop();
}

await (plan.verb === 'sweep' ? sweep() : crashOrRecord());
