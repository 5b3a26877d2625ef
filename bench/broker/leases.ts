import { Connection } from '../load/connection.ts';
import { jsonRequest } from '../load/json-request.ts';
import { accessTokens } from '../load/tokens.ts';
import type { Ours, Setting } from '../setting.ts';
import { makeShop, SHOP } from '../shop.ts';
import { ADMIN_SECRET, LEASE_SCOPE } from './bundle.ts';
import { mintOpening } from './work.ts';

export interface TimedLease {
  readonly ms: number;
  readonly id: string;
  readonly username: string;
  readonly password: string;
}

/** Where leases are asked for: the shop's admin URL, and one issue at a time over one connection. */
export interface LeaseDesk {
  readonly adminUrl: string;
  /** Issues one lease under a grant of its own. */
  issue(): Promise<TimedLease>;
  close(): void;
}

/** Opens a desk for at most `count` leases: as many tokens are minted beforehand. */
export async function openLeaseDesk(setting: Setting, count: number): Promise<LeaseDesk> {
  const ours = await setting.ours();
  const adminUrl = await shopOf(setting, ours);
  const tokens = await accessTokens(mintOpening(ours.broker, ours.agents), count);
  const { host, port } = ours.broker;
  const connection = await Connection.open(host, port);
  return {
    adminUrl,
    close: () => connection.close(),
    async issue() {
      const token = tokens.pop();
      if (token === undefined) throw new Error('more leases asked for than announced');
      const request = jsonRequest(`${host}:${port}`, 'POST', '/v1/leases', token, {
        scope: LEASE_SCOPE,
      });
      const answer = await connection.send(request);
      if (answer.status !== 201) throw new Error(`no lease: ${answer.status} ${answer.body}`);
      const { lease, credential } = JSON.parse(answer.body) as {
        lease: { id: string };
        credential: { username: string; password: string };
      };
      return { ms: answer.ms, id: lease.id, ...credential };
    },
  };
}

const shops = new WeakMap<Ours, Promise<string>>();

/** Made once for both sections that need it; the broker learns its admin URL as a secret. */
function shopOf(setting: Setting, ours: Ours): Promise<string> {
  const known = shops.get(ours);
  if (known) return known;
  const made = setting.resource().then(async (server) => {
    const adminUrl = await makeShop(server);
    await ours.operator.call('PUT', `/v1/secrets/${ADMIN_SECRET}`, { value: adminUrl });
    return adminUrl;
  });
  shops.set(ours, made);
  return made;
}

/** The shop's URL for a lease's own login. */
export async function leaseUrl(setting: Setting, lease: TimedLease): Promise<string> {
  return (await setting.resource()).url(SHOP, lease.username, lease.password);
}
