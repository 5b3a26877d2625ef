import { conflict, isBrokerError, notFound } from '../domain/errors.ts';
import type { OperatorPrincipal } from '../domain/principal.ts';
import type { Resource } from '../domain/resource.ts';
import { isSecretName } from '../domain/secret-name.ts';
import type { Broker } from './context.ts';
import { claimFor, finish, rotatingProvider, type RotatingProvider } from './finish-rotation.ts';

export interface RotatedRoot {
  readonly resource: string;
  readonly secret: string;
  readonly generation: number;
  /** The resource refuses the old value now; false where it asks for no password at all. */
  readonly oldRefused: boolean;
}

/**
 * Gives a resource's root credential a new secret: the next value is on record, sealed, before the resource
 * is told of it; then it is changed there, proven by a login, and made the current generation. An
 * earlier rotation that was interrupted is finished instead.
 *
 * @throws notFound | conflict where it is not ours to rotate, shared, or being rotated | provider…
 */
export async function rotateRoot(
  broker: Broker,
  operator: OperatorPrincipal,
  name: string,
): Promise<RotatedRoot> {
  const resource = broker.policy.resource(name);
  if (!resource) throw notFound('Resource');
  const { secret } = resource.connection.url;
  const provider = rotatingProvider(broker, resource.kind);
  if (!isSecretName(secret)) {
    throw conflict(
      `${secret} is not kept in this broker's sealed store. Rotate it where it is kept; the broker takes up the new value by itself.`,
    );
  }
  const { current } = await broker.rotations.roots(secret);
  await refuseShared(broker, resource, provider, provider.loginOf(current));
  const value = await provider.nextRoot(current);
  const next = { value, kind: resource.kind };
  const claimMs = claimFor(broker);
  const begun = await broker.rotations.begin(secret, next, claimMs, (generation) => ({
    actor: operator.id,
    action: 'secret.rotating',
    subject: `secret:${secret}`,
    detail: { resource: name, generation },
  }));
  if (!begun && !(await broker.rotations.claim(secret, claimMs))) {
    throw conflict(`The root credential of ${name} is being rotated right now.`);
  }
  const rotated = await finish(broker, secret, operator.id, begun);
  return { resource: name, secret, ...rotated };
}

/** A login that another secret holds as well would leave that one with a password that is gone. */
async function refuseShared(
  broker: Broker,
  resource: Resource,
  provider: RotatingProvider,
  login: string,
): Promise<void> {
  const { secret } = resource.connection.url;
  for (const other of broker.policy.current().bundle.resources.values()) {
    const name = other.connection.url.secret;
    if (other.kind !== resource.kind || name === secret || !isSecretName(name)) continue;
    const roots = await broker.rotations.roots(name).catch((error: unknown) => {
      if (isBrokerError(error) && error.code === 'secret_unavailable') return undefined;
      throw error;
    });
    if (roots && provider.loginOf(roots.current) === login) {
      throw conflict(
        `${other.name} uses the same login (secret ${name}), and would be locked out. Give each an admin of its own, or let both name one secret.`,
      );
    }
  }
}
