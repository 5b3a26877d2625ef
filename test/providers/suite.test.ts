import { afterAll, beforeAll, describe } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import type { IssuedCredential, RootCredential } from '../../src/ports/provider.ts';
import type { ProviderGround } from '../../src/testing/index.ts';
import { freePort } from '../support/broker.ts';
import { runs } from '../support/issued.ts';
import { availableMajors } from '../support/postgres.ts';
import { runProviderSuite } from '../support/provider-suite.ts';
import { silentPort } from '../support/silent.ts';
import { newLease, scope, Shop } from './shop.ts';

async function groundOn(shop: Shop, silent: number): Promise<ProviderGround> {
  const at = (change: (url: URL) => void): RootCredential => {
    const url = new URL(shop.root().value.reveal());
    change(url);
    return { value: new Secret(url.href), generation: 1 };
  };
  const resource = shop.resource();
  const read = resource.scopes.get('read');
  if (!read) throw new Error('no read scope');
  const [gone, wrong] = [await freePort(), 'wrong-password-of-the-admin'];
  return {
    open: () => shop.anotherBroker(),
    resource,
    lacks: [],
    scope: read,
    unfit: [
      scope('nothing', 'read', {}),
      scope('write-as-read', 'read', {
        grant: [{ privileges: ['DELETE'], tables: ['public.orders'] }],
      }),
    ],
    root: shop.root(),
    wrongRoot: at((url) => (url.password = wrong)),
    awayRoot: at((url) => (url.port = String(gone))),
    silentRoot: at((url) => (url.port = String(silent))),
    rootSecrets: [shop.adminPassword, wrong],
    lease: (seconds) => newLease(shop.installation, seconds),
    may: {
      'read orders': runs('SELECT count(*) FROM public.orders'),
      'read the columns it was given': runs('SELECT id, country FROM public.customers'),
    },
    mayNot: {
      'read other columns': runs('SELECT email FROM public.customers'),
      'read other tables': runs('SELECT * FROM public.secrets'),
      'change orders': runs('SET default_transaction_read_only = off; DELETE FROM public.orders'),
      'make roles': runs('CREATE ROLE mine'),
      'become the admin': runs(`SET ROLE ${shop.admin}`),
    },
    endOf: async (issued: IssuedCredential) => {
      const { rows } = await shop.owner.query<{ until: Date }>(
        'SELECT rolvaliduntil AS until FROM pg_roles WHERE rolname = $1',
        [issued.credential['username']],
      );
      return rows[0]?.until.getTime() ?? 0;
    },
  };
}

describe.each([14, 18] as const)('PostgreSQL %i', (major) => {
  describe.skipIf(!availableMajors().includes(major))('read-only', () => {
    let shop: Shop;
    let silent: Awaited<ReturnType<typeof silentPort>>;
    let ground: ProviderGround;
    beforeAll(async () => {
      [shop, silent] = await Promise.all([Shop.open(major), silentPort()]);
      ground = await groundOn(shop, silent.port);
    });
    afterAll(async () => {
      silent.close();
      await shop.close();
    });
    runProviderSuite(`PostgreSQL ${major}, read-only`, () => ground);
  });
});
