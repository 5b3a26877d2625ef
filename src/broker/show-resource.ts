import { notFound } from '../domain/errors.ts';
import type { Resource } from '../domain/resource.ts';
import type { Scope } from '../domain/scope.ts';
import { parseVaultReference } from '../domain/secret-name.ts';
import type { Rule } from '../policy/bundle.ts';
import type { Place } from '../policy/place.ts';
import { rulesForScope } from '../policy/rules-for-scope.ts';
import type { Broker } from './context.ts';

/** A resource as the active bundle defines it, with the rules that have a say about each scope. */
export interface ResourceView {
  readonly resource: Resource;
  readonly place: Place | undefined;
  /** Its root credential is in the store, or Vault is asked for it when it is needed. */
  readonly secretSet: boolean;
  readonly bundleVersion: number | undefined;
  readonly scopes: readonly { readonly scope: Scope; readonly rules: readonly Rule[] }[];
}

/** @throws notFound */
export async function showResource(
  broker: Pick<Broker, 'policy' | 'secretStore'>,
  name: string,
): Promise<ResourceView> {
  const resource = broker.policy.resource(name);
  if (!resource) throw notFound('Resource');
  const { bundle } = broker.policy.current();
  const { secret } = resource.connection.url;
  const isStored = (await broker.secretStore.list()).some((it) => it.name === secret);
  return {
    resource,
    place: bundle.places.get(`resource:${name}`),
    secretSet: parseVaultReference(secret) !== undefined || isStored,
    bundleVersion: broker.policy.version(),
    scopes: [...resource.scopes.values()].map((scope) => ({
      scope,
      rules: rulesForScope(bundle, scope.id),
    })),
  };
}
