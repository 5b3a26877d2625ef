import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import type { IssueRequest } from '../../../src/ports/provider.ts';
import type { Deed, ProviderGround } from '../../../src/testing/index.ts';
import { freePort } from '../../support/broker.ts';
import { runProviderSuite } from '../../support/provider-suite.ts';
import { silentPort } from '../../support/silent.ts';
import { must, post } from '../../support/vault/api.ts';
import {
  type LeaseGround,
  newLease,
  openLeases,
  resourceOf,
  scopeOf,
} from '../../support/vault/leases.ts';
import { sayWorlds, VAULT_WORLDS } from '../../support/vault/worlds.ts';

sayWorlds();

const WRONG = 'wrong-secret-id-of-the-broker';

describe.each(VAULT_WORLDS)('leases at $name', (world) => {
  let leases: LeaseGround;
  let silent: Awaited<ReturnType<typeof silentPort>>;
  let ground: ProviderGround;
  beforeAll(async () => {
    let gone: number;
    [silent, gone] = await Promise.all([silentPort(), freePort()]);
    const [mute, away] = [silent.port, gone].map((port) => `127.0.0.1:${port}`) as [string, string];
    leases = await openLeases(world, [mute, away]);
    ground = groundOn(leases, world.real, { mute, away });
  });
  afterAll(async () => {
    silent.close();
    await leases.stop();
  });
  runProviderSuite(world.name, () => ground);
});

interface Root {
  address: string;
  auth: { role_id: string; secret_id: string };
}

function groundOn(
  leases: LeaseGround,
  real: boolean,
  { mute, away }: { mute: string; away: string },
): ProviderGround {
  const { vault, root } = leases;
  const good = JSON.parse(root.value.reveal()) as Root;
  const rootWith = (change: Partial<Root>) => ({
    value: new Secret(JSON.stringify({ ...good, ...change })),
    generation: 1,
  });
  const scope = scopeOf();
  const tries =
    (sql: string): Deed =>
    async ({ credential, secret }) =>
      (await leases.tryLogin(String(credential['username']), secret.reveal(), sql)) === 'in';
  // The fake has no database behind it, only a list of the logins that there would be.
  const listed: Deed = async ({ credential }) =>
    (await leases.logins()).includes(String(credential['username']));
  return {
    open: () => leases.another(),
    resource: resourceOf(scope),
    lacks: ['rotateRoot'],
    scope,
    unfit: [scopeOf({ path: 'sys/creds/root' }), scopeOf({}, 'destroy')],
    root,
    // Of a role of its own: five wrong secret ids in a row lock a role out, and the good login with it.
    wrongRoot: rootWith({ auth: { ...good.auth, role_id: randomUUID(), secret_id: WRONG } }),
    awayRoot: rootWith({ address: `http://${away}` }),
    silentRoot: rootWith({ address: `http://${mute}` }),
    rootSecrets: [good.auth.secret_id, WRONG],
    lease: newLease,
    may: { 'read orders': real ? tries('SELECT count(*) FROM orders') : listed },
    mayNot: {
      'change orders': tries('DELETE FROM orders'),
      'read other tables': tries('SELECT * FROM customers'),
      'make roles': tries('CREATE ROLE mine'),
      'be somebody at Vault': async ({ secret }) =>
        (await vault.call({ path: 'auth/token/lookup-self', token: secret.reveal() })).status ===
        200,
    },
    endOf: async (_issued, lease) => {
      const ends = await Promise.all(secondsLeft(leases, lease));
      return Date.now() + Math.min(...ends) * 1000;
    },
  };
}

/** Vault ends a credential with its own lease, and with the token under which it was made. */
function secondsLeft({ vault }: LeaseGround, lease: IssueRequest['lease']): Promise<number>[] {
  const handle = JSON.parse(lease.outsideHandle ?? '{}') as { accessor: string; lease: string };
  const [byLease, byToken] = [
    post('sys/leases/lookup', { lease_id: handle.lease }),
    post('auth/token/lookup-accessor', { accessor: handle.accessor }),
  ];
  return [byLease, byToken].map(async (call) => (await must(vault, call)).data.ttl);
}
