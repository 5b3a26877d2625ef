import type { AnyProvider, IssuedCredential, IssueRequest, Reach } from '../ports/provider.ts';
import type { Ability, ProviderGround } from './ground.ts';
import { must, SuiteFailure } from './suite-failure.ts';

type Lease = IssueRequest['lease'];

const LIFETIME_SECONDS = 600;
/** Bytes of a handle, as the store takes it. */
const LARGEST_HANDLE = 1024;

/** One check at work: a provider, and everything it issued, revoked at the end whatever happens. */
export interface Stage {
  readonly ground: ProviderGround;
  readonly provider: AnyProvider;
  /** Another broker process' provider, which knows nothing of what this one did. */
  another(): AnyProvider;
  lease(seconds?: number): Lease;
  /** The lease with the handle that is on record for it, if one is. */
  recorded(lease: Lease): Lease;
  request(lease: Lease, signal?: AbortSignal): IssueRequest;
  issue(lease: Lease, provider?: AnyProvider): Promise<IssuedCredential>;
  revoke(lease: Lease, provider?: AnyProvider): Promise<{ sessionsSeen: number }>;
  /** As for a name that was found at the downstream and is on no record: after a restore of the store. */
  revokeByName(lease: Lease): Promise<unknown>;
  /** Does the credential get in? */
  lives(issued: IssuedCredential): Promise<boolean>;
  /** Every outside name with our marker; undefined where the provider cannot say. */
  owned(): Promise<readonly string[] | undefined>;
  /** @throws SuiteFailure where the ground declares something else */
  offers(ability: Ability): boolean;
}

/** Runs a check's work on a stage of its own. */
export async function onStage(
  ground: ProviderGround,
  work: (stage: Stage) => Promise<'not offered' | void>,
): Promise<'done' | 'not offered'> {
  const opened: AnyProvider[] = [];
  const leases: Lease[] = [];
  const { recorded, keep } = createRecords();
  const another = () => {
    const provider = ground.open();
    opened.push(provider);
    return provider;
  };
  const provider = another();
  const reach = (): Reach => ({
    resource: ground.resource,
    root: ground.root,
    signal: new AbortController().signal,
  });
  const stage: Stage = {
    ground,
    provider,
    another,
    recorded,
    lease: (seconds = LIFETIME_SECONDS) => {
      const lease = ground.lease(seconds);
      leases.push(lease);
      return lease;
    },
    request: (lease, signal = new AbortController().signal) => {
      const { resource, scope, root, template } = ground;
      const request = { lease: recorded(lease), resource, scope, root, signal };
      return { ...request, keepHandle: keep(lease), ...(template ? { template } : {}) };
    },
    issue: (lease, by = provider) => by.issue(stage.request(lease)),
    revoke: (lease, by = provider) => by.revoke({ ...reach(), lease: recorded(lease) }),
    revokeByName: (lease) => provider.revoke({ ...reach(), lease }),
    lives: (issued) => firstOf(ground.may)(issued),
    owned: () => allOwned(provider, reach()),
    offers: (ability) => offers(ground, provider, ability),
  };
  try {
    return (await work(stage)) ?? 'done';
  } finally {
    await takeDown(stage, leases);
    await Promise.all(opened.map((one) => one.close()));
  }
}

/** What the store has of each lease, which every process of the broker sees. */
function createRecords() {
  const handles = new Map<string, string>();
  return {
    recorded: (lease: Lease): Lease => {
      const outsideHandle = handles.get(lease.id);
      return outsideHandle === undefined ? lease : { ...lease, outsideHandle };
    },
    keep: (lease: Lease) => async (handle: string) => {
      must(Buffer.byteLength(handle) <= LARGEST_HANDLE, 'its handle is longer than 1 KiB');
      handles.set(lease.id, handle);
    },
  };
}

async function takeDown(stage: Stage, leases: readonly Lease[]): Promise<void> {
  await Promise.allSettled(leases.map((lease) => stage.revoke(lease)));
  // Whatever a lost handle hides.
  const left = (await stage.owned().catch(() => undefined)) ?? [];
  const found = leases.filter(({ outsideName }) => left.includes(outsideName));
  await Promise.allSettled(found.map((lease) => stage.revokeByName(lease)));
}

const HAS: Readonly<Record<Ability, (provider: AnyProvider) => boolean>> = {
  immediate: ({ revocation }) => revocation === 'immediate',
  renew: (provider) => provider.renew !== undefined,
  listOwned: (provider) => provider.listOwned !== undefined,
  probe: (provider) => provider.probe !== undefined,
  rotateRoot: (provider) =>
    [provider.rotateRoot, provider.nextRoot, provider.acceptsRoot, provider.loginOf].every(Boolean),
};

/** An ability that got lost must not pass for one that was never there. */
function offers(ground: ProviderGround, provider: AnyProvider, ability: Ability): boolean {
  const has = HAS[ability](provider);
  const lacks = ground.lacks.includes(ability);
  must(has || lacks, `it has no ${ability}, and its ground does not declare that it lacks it`);
  must(!has || !lacks, `its ground declares that it lacks ${ability}, and it has it`);
  return has;
}

/** Small, so that a provider has to keep its place from one page to the next. */
const PAGE = 2;

async function allOwned(provider: AnyProvider, reach: Reach): Promise<string[] | undefined> {
  if (!provider.listOwned) return undefined;
  const names: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = { limit: PAGE, ...(after === undefined ? {} : { after }) };
    const { names: some, next } = await provider.listOwned(reach, page);
    if (some.length > PAGE) throw new SuiteFailure(`a page of ${PAGE} had ${some.length} names`);
    names.push(...some);
    if (next === undefined) return names;
    if (next === after) throw new SuiteFailure('listOwned answers the same page again and again');
    after = next;
  }
}

function firstOf<T>(deeds: Readonly<Record<string, T>>): T {
  const [first] = Object.values(deeds);
  if (first === undefined) throw new RangeError('the ground names nothing the scope lets one do');
  return first;
}

/** Tries all that a credential may and may not do. @throws SuiteFailure that names the deed */
export async function mustFitScope(
  ground: ProviderGround,
  issued: IssuedCredential,
  when: string,
): Promise<void> {
  for (const [name, deed] of Object.entries(ground.may)) {
    must(await deed(issued), `${when}: the scope lets one ${name}, and the credential cannot`);
  }
  for (const [name, deed] of Object.entries(ground.mayNot)) {
    must(!(await deed(issued)), `${when}: the credential can ${name}, beyond its scope`);
  }
}
