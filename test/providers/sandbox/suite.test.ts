import { afterAll, beforeAll, describe } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { createPostgresProvider } from '../../../src/providers/postgres/provider.ts';
import type { ProviderGround } from '../../../src/testing/index.ts';
import { freePort } from '../../support/broker.ts';
import { runs } from '../../support/issued.ts';
import { availableMajors } from '../../support/postgres.ts';
import { runProviderSuite } from '../../support/provider-suite.ts';
import { silentPort } from '../../support/silent.ts';
import { newLease } from '../shop.ts';
import { SandboxGround } from './ground.ts';

const WRONG = 'wrong-password-of-the-admin';
/** The admin of a server of the tests has one that is too short to be looked for. */
const ADMIN_PASSWORD = 'password-of-the-sandbox-admin';

describe.each([14, 18] as const)('PostgreSQL %i', (major) => {
  describe.skipIf(!availableMajors().includes(major))('sandboxes', () => {
    let sandboxes: SandboxGround;
    let silent: Awaited<ReturnType<typeof silentPort>>;
    let ground: ProviderGround;
    beforeAll(async () => {
      [sandboxes, silent] = await Promise.all([SandboxGround.open(major), silentPort()]);
      ground = await groundOn(sandboxes, { silent: silent.port, gone: await freePort() });
    });
    afterAll(async () => {
      silent.close();
      await sandboxes.close();
    });
    runProviderSuite(`PostgreSQL ${major}, sandboxes`, () => ground);
  });
});

async function groundOn(
  sandboxes: SandboxGround,
  ports: { readonly silent: number; readonly gone: number },
): Promise<ProviderGround> {
  const { database } = await sandboxes.build();
  const { adminRole, adminUrl, asSuperuser } = sandboxes.sandboxes;
  await asSuperuser(`ALTER ROLE ${adminRole} PASSWORD '${ADMIN_PASSWORD}'`);
  const rootWith = (change: (url: URL) => void) => {
    const url = new URL(adminUrl);
    url.password = ADMIN_PASSWORD;
    change(url);
    return { value: new Secret(url.href), generation: 2 };
  };
  const scope = sandboxes.scope();
  const { installation } = sandboxes;
  return {
    open: () => createPostgresProvider({ installation, networkAllow: new Set() }),
    resource: sandboxes.resource(),
    lacks: [],
    scope,
    template: { database },
    unfit: [sandboxes.scope({ max_size: 'all' }), sandboxes.scope({ connections: 0 })],
    root: rootWith(() => undefined),
    wrongRoot: rootWith((url) => (url.password = WRONG)),
    awayRoot: rootWith((url) => (url.port = String(ports.gone))),
    silentRoot: rootWith((url) => (url.port = String(ports.silent))),
    rootSecrets: [ADMIN_PASSWORD, WRONG],
    lease: (seconds) => newLease(installation, seconds),
    may: {
      'read what was copied': runs('SELECT count(*) FROM public.orders'),
      'delete rows': runs('DELETE FROM public.events'),
      'change a table': runs('ALTER TABLE public.orders ADD COLUMN IF NOT EXISTS why text'),
      'make and drop tables': runs('CREATE TABLE mine (id int); DROP TABLE mine'),
    },
    mayNot: {
      "log in to the admin's database": runs('SELECT 1', 'sandboxes'),
      'log in to its template': runs('SELECT 1', database),
      'log in to the database postgres': runs('SELECT 1', 'postgres'),
      'make databases': runs('CREATE DATABASE mine'),
      'make roles': runs('CREATE ROLE mine'),
      'become the admin': runs(`SET ROLE ${adminRole}`),
      'run programs': runs("COPY public.orders TO PROGRAM 'cat'"),
    },
    endOf: async ({ credential }) => {
      const [role] = await asSuperuser<{ until: Date }>(
        `SELECT rolvaliduntil AS until FROM pg_roles WHERE rolname = '${String(credential['username'])}'`,
      );
      return role?.until.getTime() ?? 0;
    },
  };
}
