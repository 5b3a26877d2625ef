import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { newInstallationId } from '../../src/main/embedded-store.ts';
import { createAgentSession } from '../../src/sdk/agent-session.ts';
import { migrate } from '../../src/store/migrate.ts';
import { startBroker, type TestAgent, type TestBroker } from '../support/broker.ts';
import { testServer } from '../support/postgres.ts';
import { MIGRATIONS } from '../support/store.ts';
import { type Ground, type Held, hold, issue, openGround } from './ground.ts';

const STALE = { status: 503, code: 'feed_stale', retryAfterSeconds: 1 };

describe('promise 6: a broker whose revocation feed is older than 2 s refuses', () => {
  let ground: Ground;
  let deaf: TestBroker;
  let agent: TestAgent;
  let held: Held;
  let hush: () => Promise<unknown>;
  let listen: () => Promise<unknown>;

  beforeAll(async () => {
    ground = await openGround();
    ({ deaf, hush, listen } = await startDeafTwin(ground.broker));
    const registered = await ground.broker.agent();
    const { id, privateJwk } = registered;
    const session = createAgentSession({ url: deaf.url, agentId: id, privateKey: privateJwk });
    agent = { ...registered, session };
    held = await hold(agent);
  });
  afterAll(() => Promise.all([ground.broker.stop(), deaf.stop()]));

  const ready = async () => {
    const response = await fetch(`${deaf.url}/readyz`);
    const body = (await response.json()) as { reasons: string[]; detail: Record<string, unknown> };
    return { ...body, status: response.status };
  };

  it('mint, issue, renew and open task are refused until it hears again', async () => {
    const { lease } = await issue(held);
    await hush();
    await expect
      .poll(ready, { timeout: 10_000 })
      .toMatchObject({ status: 503, reasons: ['the revocation feed is older than 2 s'] });
    await expect(hold(agent)).rejects.toMatchObject(STALE);
    await expect(issue(held)).rejects.toMatchObject(STALE);
    const params = { id: lease };
    await expect(held.client.call('renewLease', { params })).rejects.toMatchObject(STALE);
    await expect(held.client.call('openTask', { body: { purpose: 'more' } })).rejects.toMatchObject(
      STALE,
    );
    // Narrowing is not handing out: an operator may always stop things here.
    const admin = await deaf.operator();
    const ended = await admin.call('revoke', { body: { task: held.task, reason: 'to be sure' } });
    expect(ended.ended.leases).toBe(1);
    // Its neighbour hears well, and works.
    await hold(await ground.broker.agent());

    await listen();
    await expect.poll(ready, { timeout: 10_000 }).toMatchObject({ status: 200, reasons: [] });
    await hold(agent);
  });
});

/** A broker with a runtime role of its own, which can be kept from reading the feed and nothing else. */
async function startDeafTwin({ config, store }: TestBroker) {
  const server = await testServer();
  const role = `${store.runtimeRole}_deaf`;
  await store.asSuperuser(`create role ${role} login password 'deaf'`);
  await migrate({
    ownerUrl: new Secret(store.ownerUrl),
    runtimeRole: role,
    directory: MIGRATIONS,
    newInstallationId: newInstallationId(),
  });
  const deaf = await startBroker({
    store: { ...store, runtimeUrl: server.url(store.database, role, 'deaf') },
    shared: { masterKey: config.masterKey, issuer: config.http.issuer },
  });
  return {
    deaf,
    hush: () =>
      store.asSuperuser(`revoke select on countersign.feed from ${role};
        grant select (epoch) on countersign.feed to ${role}`),
    listen: () => store.asSuperuser(`grant select on countersign.feed to ${role}`),
  };
}
