import { conflict, providerFailed } from '../domain/errors.ts';
import type { Resource } from '../domain/resource.ts';
import type { AnyProvider, CanOperate } from '../ports/provider.ts';
import type { Broker } from './context.ts';

/** A provider that runs operations itself. */
export type OperatingProvider = AnyProvider & CanOperate;

/** @throws conflict for a kind of resource that has no operations; provider_misconfigured for an unknown one */
export function operatingProvider(broker: Broker, resource: Resource): OperatingProvider {
  const provider = broker.providers.get(resource.kind);
  if (!provider) {
    throw providerFailed('provider_misconfigured', `No provider for kind ${resource.kind}.`);
  }
  const { measure, execute, outcomeOf } = provider;
  if (!measure || !execute || !outcomeOf) {
    throw conflict(`${resource.name} takes no operations: ask for a lease instead.`);
  }
  return { ...provider, measure, execute, outcomeOf };
}
