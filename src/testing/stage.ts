import type { AnyProvider, IssuedCredential, IssueRequest, Reach } from '../ports/provider.ts';
import type { ProviderGround } from './ground.ts';
import { must, SuiteFailure } from './suite-failure.ts';

type Lease = IssueRequest['lease'];

const LIFETIME_SECONDS = 600;

/** One check at work: a provider, and everything it issued, revoked at the end whatever happens. */
export interface Stage {
  readonly ground: ProviderGround;
  readonly provider: AnyProvider;
  /** Another broker process' provider, which knows nothing of what this one did. */
  another(): AnyProvider;
  lease(seconds?: number): Lease;
  request(lease: Lease, signal?: AbortSignal): IssueRequest;
  issue(lease: Lease, provider?: AnyProvider): Promise<IssuedCredential>;
  revoke(lease: Lease, provider?: AnyProvider): Promise<{ sessionsSeen: number }>;
  /** Does the credential get in? */
  lives(issued: IssuedCredential): Promise<boolean>;
  /** Every outside name with our marker; undefined where the provider cannot say. */
  owned(): Promise<readonly string[] | undefined>;
}

/** Runs a check's work on a stage of its own. */
export async function onStage(
  ground: ProviderGround,
  work: (stage: Stage) => Promise<'not offered' | void>,
): Promise<'done' | 'not offered'> {
  const opened: AnyProvider[] = [];
  const leases: Lease[] = [];
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
    lease: (seconds = LIFETIME_SECONDS) => {
      const lease = ground.lease(seconds);
      leases.push(lease);
      return lease;
    },
    request: (lease, signal = new AbortController().signal) => {
      const { resource, scope, root } = ground;
      return { lease, resource, scope, root, signal };
    },
    issue: (lease, by = provider) => by.issue(stage.request(lease)),
    revoke: (lease, by = provider) => by.revoke({ ...reach(), lease }),
    lives: (issued) => firstOf(ground.may)(issued),
    owned: () => allOwned(provider, reach()),
  };
  try {
    return (await work(stage)) ?? 'done';
  } finally {
    await Promise.allSettled(leases.map((lease) => stage.revoke(lease)));
    await Promise.all(opened.map((one) => one.close()));
  }
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
