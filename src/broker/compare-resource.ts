import { providerFailed } from '../domain/errors.ts';
import type { Resource } from '../domain/resource.ts';
import type { Known } from '../ports/reconciliations.ts';
import type { AnyProvider, CanListOwned, Reach } from '../ports/provider.ts';
import type { Broker } from './context.ts';

const PAGE = 1_000;
/** Pages of one comparison: a provider whose list never ends is not listened to for ever. */
const MOST_PAGES = 5_000;
/** Milliseconds that one page may take. */
const PAGE_MS = 5_000;
/** A lease that ended while we looked may still be in the list. */
const SLACK_MS = 5_000;

/** A resource with our leases beside it. */
export interface Comparison {
  /** Names there with our marker. */
  readonly owned: number;
  /** Alive there and here. */
  readonly live: number;
  /** Alive there although they ended here. */
  readonly ended: readonly Known[];
  /** There, and not in the store. */
  readonly unknown: readonly string[];
  /** Alive here, gone there. */
  readonly missing: readonly { readonly id: string; readonly outsideName: string }[];
}

/**
 * Compares what is at a resource with the leases, by name; changes nothing. Step by step, so that
 * whoever drives it sets the pace.
 *
 * @throws providerFailed(...) | secretUnavailable
 */
export async function* compareResource(
  broker: Broker,
  resource: Resource,
): AsyncGenerator<undefined, Comparison> {
  const provider = listing(broker, resource);
  const startedAt = broker.clock.now() - SLACK_MS;
  const seen = new Set<string>();
  const ended: Known[] = [];
  const unknown: string[] = [];
  let live = 0;
  for await (const page of pagesOf(broker, provider, resource)) {
    // A provider may list a name twice, as Vault does where a lease has two tokens.
    const names = [...new Set(page)].filter((name) => !seen.has(name));
    const known = new Map(
      (await broker.reconciliations.known(names)).map((one) => [one.outsideName, one]),
    );
    for (const name of names) {
      seen.add(name);
      const lease = known.get(name);
      if (!lease) unknown.push(name);
      else if (isEnded(lease, startedAt) && isOurs(broker, lease, resource)) ended.push(lease);
      if (lease && lease.state !== 'revoked' && lease.state !== 'abandoned') live += 1;
    }
    yield;
  }
  const missing: { id: string; outsideName: string }[] = [];
  for await (const page of activePages(broker, resource, startedAt)) {
    missing.push(...page.filter(({ outsideName }) => !seen.has(outsideName)));
    yield;
  }
  return { owned: seen.size, live, ended, unknown, missing };
}

/** Resources may share a server, and so see each other's names: each looks after its own. */
function isOurs(broker: Broker, lease: Known, resource: Resource): boolean {
  return lease.resource === resource.name || !broker.policy.resource(lease.resource);
}

function isEnded(lease: Known, before: number): boolean {
  const over = lease.state === 'revoked' || lease.state === 'abandoned';
  return over && (lease.endedAt ?? 0) < before;
}

function listing(broker: Broker, resource: Resource): AnyProvider & CanListOwned {
  const provider = broker.providers.get(resource.kind);
  if (provider?.listOwned) return provider as AnyProvider & CanListOwned;
  throw providerFailed('provider_misconfigured', `${resource.kind} cannot list what is ours.`);
}

async function* pagesOf(
  broker: Broker,
  provider: CanListOwned,
  resource: Resource,
): AsyncGenerator<readonly string[]> {
  const root = await broker.secrets.read(resource.connection.url.secret);
  let after: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const reach: Reach = { resource, root, signal: AbortSignal.timeout(PAGE_MS) };
    const { names, next } = await provider.listOwned(reach, {
      limit: PAGE,
      ...(after && { after }),
    });
    yield names;
    if (next === undefined) return;
    after = next;
  }
  throw providerFailed('provider_misconfigured', `The list of ${resource.name} does not end.`);
}

async function* activePages(broker: Broker, resource: Resource, startedAt: number) {
  // What was being issued when the first page was read may not have been there yet.
  const madeBefore = startedAt - broker.limits.issueTimeoutMs * 2;
  for (let after = ''; ; ) {
    const page = await broker.reconciliations.activePage(resource.name, madeBefore, after, PAGE);
    yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.id ?? '';
  }
}
