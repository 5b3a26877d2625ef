import { SHOP_BUNDLE } from '../support/bundle.ts';
import { openFaultLine } from '../support/fault-line.ts';
import { type OwnServer, startOwnServer } from '../support/own-server.ts';
import { queryOnce } from '../support/postgres.ts';
import { sandboxBundle } from '../support/sandbox-bundle.ts';
import { startSandboxServer } from '../support/sandbox-server.ts';
import { createShop } from '../support/shop.ts';

/** What hands out the credentials of a stage, and may be killed where it says how. */
export interface Downstream {
  readonly kind: 'postgres' | 'vault';
  readonly scope: string;
  readonly bundle: Readonly<Record<string, string>>;
  /** Root credentials by name. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Address of the source and of the server, where templates must be built first. */
  readonly template?: { readonly source: string; readonly sandboxes: string };
  readonly networkAllow: readonly string[];
  /** Of its server. */
  readonly port: number;
  /** Names of leases that live outside. */
  outside(installation: string): Promise<string[]>;
  /** `kill -9`, at once; it comes back by itself with all it had committed. */
  kill(): void;
  /** Resolves when it answers again. */
  back(): Promise<void>;
  stop(): Promise<void>;
}

const READ = 'shop-staging:read';
const SANDBOX = 'sandboxes:try';

/** Logins at a shop. @param own a server that may be killed, in place of the shared one */
export async function logins(own = false): Promise<Downstream> {
  const server = own ? await startOwnServer() : undefined;
  const shop = await createShop(server ?? 18);
  return {
    kind: 'postgres',
    scope: READ,
    bundle: SHOP_BUNDLE,
    secrets: { 'shop-staging/admin-url': shop.adminUrl },
    networkAllow: [],
    port: Number(new URL(shop.adminUrl).port),
    outside: (installation) => shop.leaseRoles(installation),
    ...killable(server),
  };
}

/** Databases of their own. @param durable a server that loses nothing when it is killed */
export async function sandboxes(durable = false): Promise<Downstream> {
  const [shop, there] = await Promise.all([createShop(), startSandboxServer(18, durable)]);
  return {
    kind: 'postgres',
    scope: SANDBOX,
    bundle: sandboxBundle(),
    secrets: {},
    template: { source: shop.adminUrl, sandboxes: there.adminUrl },
    networkAllow: [],
    port: there.server.port,
    outside: async (installation) =>
      // Templates and who owns them stay.
      (await there.leftovers(installation)).filter((name) => !/_[to]_/.test(name)),
    ...killable(durable ? there.server : undefined),
    stop: () => there.stop(),
  };
}

/**
 * The same behind a line. In place of a death, every connection that is open stands still, new ones work,
 * and what was under way arrives once `back` is called: as when packets are sent again after their sender
 * has closed its end.
 */
export async function held(make: () => Promise<Downstream>): Promise<Downstream> {
  const real = await make();
  const line = await openFaultLine(real.port);
  const through = (url: string) => url.replace(`:${real.port}/`, `:${line.port}/`);
  const entries = Object.entries(real.secrets).map(([name, url]) => [name, through(url)]);
  return {
    ...real,
    secrets: Object.fromEntries(entries) as Record<string, string>,
    ...(real.template && {
      template: { ...real.template, sandboxes: through(real.template.sandboxes) },
    }),
    port: line.port,
    kill: () => void line.strike({ kind: 'hold' }),
    back: () => line.mend(),
    stop: async () => {
      await line.close();
      await real.stop();
    },
  };
}

function killable(server: OwnServer | undefined): Pick<Downstream, 'kill' | 'back' | 'stop'> {
  return {
    kill: () => {
      if (!server) throw new Error('a shared server is never killed');
      server.kill();
    },
    back: () => untilAnswers(async () => server && queryOnce(server.url('postgres'), 'select 1')),
    stop: async () => server?.stop(),
  };
}

/** Asks until it gets an answer. */
async function untilAnswers(ask: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    const answered = await ask().then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('what was killed did not come back');
}
