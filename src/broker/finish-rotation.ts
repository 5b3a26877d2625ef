import { conflict, isBrokerError, providerFailed } from '../domain/errors.ts';
import type { AnyProvider, CanRotateRoot } from '../ports/provider.ts';
import type { Roots } from '../ports/root-rotations.ts';
import type { Broker } from './context.ts';

export type RotatingProvider = AnyProvider & CanRotateRoot;

/** Finishes what a crash or an unreachable resource left, where nobody else does. @returns how many */
export async function finishRotations(broker: Broker): Promise<number> {
  const found = await broker.rotations.unfinished();
  const results = await Promise.allSettled(
    found.map(async ({ name }) => {
      if (!(await broker.rotations.claim(name, claimFor(broker)))) return 0;
      await finish(broker, name, 'broker', false);
      return 1;
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.filter((result) => result.status === 'fulfilled' && result.value === 1).length;
}

/** Milliseconds for which a rotation is one process's: longer than it may take, so none is taken over alive. */
export function claimFor({ limits }: Broker): number {
  return limits.issueTimeoutMs * 2;
}

/** @throws conflict where that kind of root credential is nothing the broker can change */
export function rotatingProvider(broker: Broker, kind: string): RotatingProvider {
  const provider = broker.providers.get(kind);
  if (provider && canRotate(provider)) return provider;
  throw conflict(`Root credentials of kind ${kind} cannot be rotated by the broker.`);
}

function canRotate(provider: AnyProvider): provider is RotatingProvider {
  return provider.rotateRoot !== undefined;
}

/** Milliseconds between two tries: what the first still had on its way to the resource is over by then. */
const PAUSE_MS = 5_000;

/**
 * From wherever an earlier attempt stopped, always forwards: a change that is still on its way to the
 * resource can then do no harm, since it says the same.
 *
 * @param begun this call put the pending value on record, so nobody has told the resource of it before
 */
export async function finish(
  broker: Broker,
  name: string,
  actor: string,
  begun: boolean,
): Promise<{ generation: number; oldRefused: boolean }> {
  try {
    return await tellAndComplete(broker, name, actor, begun);
  } catch (error) {
    await broker.rotations.yieldAfter(name, PAUSE_MS).catch(() => undefined);
    throw error;
  }
}

async function tellAndComplete(
  broker: Broker,
  name: string,
  actor: string,
  begun: boolean,
): Promise<{ generation: number; oldRefused: boolean }> {
  const { current, pending } = await broker.rotations.roots(name);
  if (!pending) throw conflict(`The rotation of ${name} is over already.`);
  const provider = rotatingProvider(broker, pending.kind);
  const signal = AbortSignal.timeout(broker.limits.issueTimeoutMs);
  if (begun || !(await provider.acceptsRoot({ root: pending, signal }))) {
    await tell(broker, provider, { name, actor, begun, signal, current, pending });
  }
  const oldRefused = !(await provider.acceptsRoot({ root: current, signal }));
  const { generation } = pending;
  const completed = await broker.rotations.complete(name, generation, {
    actor,
    action: 'secret.rotated',
    subject: `secret:${name}`,
    detail: { generation, old_refused: oldRefused },
  });
  if (!completed) throw conflict(`${name} was set to another value meanwhile.`);
  broker.health.forget();
  return { generation, oldRefused };
}

/** Changes it at the resource, and proves that. */
async function tell(
  broker: Broker,
  provider: RotatingProvider,
  work: Required<Roots> & { name: string; actor: string; begun: boolean; signal: AbortSignal },
): Promise<void> {
  const { name, actor, begun, signal, current, pending } = work;
  try {
    await provider.rotateRoot({ root: current, next: pending.value, signal });
  } catch (error) {
    // A clear no to the only attempt there ever was: the value is certainly not in use.
    const refused = isBrokerError(error) && REFUSALS.has(error.code);
    if (refused && begun) await abandon(broker, name, pending.generation, actor, error.code);
    throw error;
  }
  if (await provider.acceptsRoot({ root: pending, signal })) return;
  throw providerFailed(
    'provider_rejected',
    'The resource took the new root credential and then refused a login with it. Both values are kept; look at the resource, then run the rotation again.',
  );
}

const REFUSALS = new Set<string>(['provider_rejected', 'provider_misconfigured']);

function abandon(
  broker: Broker,
  name: string,
  generation: number,
  actor: string,
  cause: string,
): Promise<void> {
  return broker.rotations.abandon(name, generation, {
    actor,
    action: 'secret.rotation_failed',
    subject: `secret:${name}`,
    detail: { generation, cause },
  });
}
