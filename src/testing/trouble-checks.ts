import { setMaxListeners } from 'node:events';
import { isBrokerError } from '../domain/errors.ts';
import type { IssueRequest, RootCredential } from '../ports/provider.ts';
import type { ProviderCheck } from './ground.ts';
import { onStage, type Stage } from './stage.ts';
import { must, rejection, SuiteFailure } from './suite-failure.ts';

/** Calls at once that a silent downstream must not make others wait for. */
const SILENT_CALLS = 12;

/** Each is a resource of its own: what a provider keeps of one says nothing about another. */
const PLACES = ['awayRoot', 'wrongRoot', 'silentRoot'] as const;

/** A request for the same lease at another address, under the name of another resource. */
function elsewhere(
  { ground }: Stage,
  request: IssueRequest,
  root: RootCredential,
  signal: AbortSignal,
): IssueRequest {
  const place = PLACES.find((name) => ground[name] === root) ?? 'elsewhere';
  const resource = {
    ...ground.resource,
    name: `${ground.resource.name}-${place.toLowerCase()}`,
    connection: { ...ground.resource.connection, url: { secret: `${place.toLowerCase()}/root` } },
  };
  return { ...request, resource, root, signal };
}

/**
 * Every call of the port that goes out, at that address.
 * @param made a lease that was issued where it works: one that never was is not renewed anywhere
 */
function calls(
  stage: Stage,
  made: IssueRequest['lease'],
  root: RootCredential,
  signal: AbortSignal,
): Promise<unknown>[] {
  const { provider } = stage;
  const request = elsewhere(stage, stage.request(stage.lease()), root, signal);
  return [
    provider.issue(request),
    provider.revoke(request),
    ...(provider.renew ? [provider.renew({ ...request, lease: stage.recorded(made) })] : []),
    ...(provider.listOwned ? [provider.listOwned(request, { limit: 100 })] : []),
  ];
}

async function madeLease(stage: Stage): Promise<IssueRequest['lease']> {
  const lease = stage.lease();
  await stage.issue(lease);
  return lease;
}

async function mustFailAs(
  work: readonly Promise<unknown>[],
  codes: readonly string[],
  what: string,
): Promise<void> {
  for (const result of await Promise.allSettled(work)) {
    if (result.status === 'fulfilled') throw new SuiteFailure(`${what}: it was told as success`);
    const error: unknown = result.reason;
    const code = isBrokerError(error) ? error.code : 'an error with no name of ours';
    if (!codes.includes(code)) {
      throw new SuiteFailure(`${what}: told as ${code}, not ${codes.join(' or ')}`, error);
    }
  }
}

async function mustLeaveNothing(stage: Stage, abortAfterMs: number): Promise<void> {
  const lease = stage.lease();
  const controller = new AbortController();
  setTimeout(() => controller.abort(), abortAfterMs);
  const request = stage.request(lease, controller.signal);
  const issued = await stage.provider.issue(request).catch(() => undefined);
  await stage.revoke(lease);
  must(!issued || !(await stage.lives(issued)), 'it outlived the revocation');
  const owned = await stage.owned();
  must(!owned?.includes(lease.outsideName), 'something of it is left outside');
}

export const TROUBLE_CHECKS: readonly ProviderCheck[] = [
  {
    name: 'failures of the downstream have the names of the port',
    run: (ground) =>
      onStage(ground, async (stage) => {
        const { signal } = new AbortController();
        const made = await madeLease(stage);
        const away = calls(stage, made, ground.awayRoot, signal);
        await mustFailAs(away, ['provider_unavailable'], 'nobody answers');
        const wrong = calls(stage, made, ground.wrongRoot, signal);
        await mustFailAs(wrong, ['provider_misconfigured'], 'the root credential is refused');
      }),
  },
  {
    name: 'an abort stops: before the call, and in the middle of it',
    run: (ground) =>
      onStage(ground, async (stage) => {
        const lease = stage.lease();
        const request = stage.request(lease, AbortSignal.abort());
        const error = await rejection(stage.provider.issue(request), 'it issues after the abort');
        must(isBrokerError(error), 'an aborted call is told by no error of ours');
        const owned = await stage.owned();
        must(!owned?.includes(lease.outsideName), 'it made something after the abort');
        const controller = new AbortController();
        const made = await madeLease(stage);
        const waiting = calls(stage, made, ground.silentRoot, controller.signal);
        setTimeout(() => controller.abort(), 50);
        // One that does not stop is ended by the limit of whoever runs the suite.
        await mustFailAs(waiting, ['provider_unavailable'], 'aborted while it waits');
      }),
  },
  {
    name: 'whatever an abort left half done is gone after a revocation',
    run: (ground) =>
      onStage(ground, async (stage) => {
        await Promise.all([0, 1, 2, 4, 8, 16].map((ms) => mustLeaveNothing(stage, ms)));
      }),
  },
  {
    name: 'a downstream that is silent or failing holds no other one up',
    run: (ground) =>
      onStage(ground, async (stage) => {
        const controller = new AbortController();
        const { signal } = controller;
        setMaxListeners(0, signal);
        const made = await madeLease(stage);
        const silent = Array.from({ length: SILENT_CALLS }, () =>
          calls(stage, made, ground.silentRoot, signal),
        ).flat();
        const failing = calls(stage, made, ground.awayRoot, signal);
        const all = Promise.allSettled([...silent, ...failing]);
        const lease = stage.lease();
        const issued = await stage.issue(lease);
        must(await stage.lives(issued), 'what was issued beside it does not work');
        await stage.revoke(lease);
        must(!(await stage.lives(issued)), 'what was revoked beside it lives on');
        controller.abort();
        await all;
      }),
  },
];
