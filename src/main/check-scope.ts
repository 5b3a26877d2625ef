import type { CheckScope } from '../policy/validate.ts';
import { createProviders } from '../providers/registry.ts';

/** What this build's providers say about scopes, for a check of files: nothing is connected to. */
export function offlineScopeCheck(): CheckScope {
  const providers = createProviders({ installation: '00000000', networkAllow: new Set() });
  return (resource, scope) =>
    providers.get(resource.kind)?.checkScope(resource, scope) ?? [
      `no provider for the kind ${resource.kind}`,
    ];
}
