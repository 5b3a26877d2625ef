import { notFound } from '../domain/errors.ts';
import type { OperatorPrincipal } from '../domain/principal.ts';
import type { Secret } from '../domain/secret.ts';
import type { Broker } from './context.ts';

/** Stores a secret's next generation. Its value never comes back. @throws invalidRequest */
export async function setSecret(
  broker: Broker,
  operator: OperatorPrincipal,
  name: string,
  value: Secret,
): Promise<void> {
  await broker.secretStore.set(name, value, (generation) => ({
    actor: operator.id,
    action: 'secret.set',
    subject: `secret:${name}`,
    detail: { generation },
  }));
  broker.health.forget();
}

/** Deletes a secret; leases that need it to be revoked show as overdue. @throws notFound */
export async function deleteSecret(
  broker: Broker,
  operator: OperatorPrincipal,
  name: string,
): Promise<void> {
  const deleted = await broker.secretStore.delete(name, {
    actor: operator.id,
    action: 'secret.deleted',
    subject: `secret:${name}`,
    detail: {},
  });
  if (!deleted) throw notFound('Secret');
  broker.health.forget();
}
