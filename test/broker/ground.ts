import pg from 'pg';
import type { Client } from '../../src/sdk/client.ts';
import {
  type BrokerOptions,
  startBroker,
  type TestAgent,
  type TestBroker,
} from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { createShop, type ShopDatabase } from '../support/shop.ts';

export const READ = 'shop-staging:read';
export const WRITE = 'shop-staging:write';

/** A broker with the shop's staging twin behind it, and an admin. */
export interface Ground {
  readonly broker: TestBroker;
  readonly shop: ShopDatabase;
  readonly admin: Client;
  /** Roles at the shop that carry this broker's marker. */
  roles(): Promise<string[]>;
  /** State of a lease as the broker records it, whoever holds it. */
  stateOf(lease: string): Promise<string>;
}

/** A task token and what hangs below it. */
export interface Held {
  readonly token: string;
  readonly task: string;
  readonly client: Client;
}

export interface HeldLease extends Held {
  readonly lease: string;
  readonly url: string;
  readonly role: string;
}

/** @param adminUrl changes the way to the shop, e.g. through a line that can be cut */
export async function openGround(
  options: BrokerOptions & {
    readonly bundle?: Record<string, string>;
    readonly adminUrl?: (url: string) => string;
  } = {},
): Promise<Ground> {
  const [broker, shop] = await Promise.all([startBroker(options), createShop()]);
  await broker.apply(options.bundle ?? SHOP_BUNDLE);
  const admin = await broker.operator();
  const value = options.adminUrl?.(shop.adminUrl) ?? shop.adminUrl;
  await admin.call('setSecret', { params: { name: 'shop-staging/admin-url' }, body: { value } });
  return {
    broker,
    shop,
    admin,
    roles: () => shop.leaseRoles(broker.composed.broker.installation),
    stateOf: async (id) => (await admin.call('getLease', { params: { id } })).state,
  };
}

/** A token under a new task. */
export async function hold(agent: TestAgent, scopes: readonly string[] = [READ]): Promise<Held> {
  const task = { purpose: 'look at orders' };
  const minted = await agent.session.mintToken({ scopes, task });
  const token = minted.access_token;
  return { token, task: minted.task_id ?? '', client: agent.session.client(token) };
}

/** A login under a scope of a token that is held already. */
export async function issue(held: Held, scope = READ): Promise<HeldLease> {
  const { lease, credential } = await held.client.call('issueLease', { body: { scope } });
  const [url, role] = [String(credential['url']), String(credential['username'])];
  return { ...held, lease: lease.id, url, role };
}

/** A login under a new task. */
export async function borrow(agent: TestAgent, scope = READ): Promise<HeldLease> {
  return issue(await hold(agent, [scope]), scope);
}

/** Opens a session with an issued login; it may be ended from outside at any time. */
export async function logIn(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** A statement that runs until its session is ended, which is what it resolves to. */
export function runUntilEnded(session: pg.Client): Promise<unknown> {
  return session.query('select pg_sleep(600)').catch((error: unknown) => error);
}
