import type { AnyProvider } from '../ports/provider.ts';
import { createPostgresProvider, type PostgresProviderOptions } from './postgres/provider.ts';

/** Every kind of downstream this build knows, by `Provider.kind`. */
export function createProviders(
  options: PostgresProviderOptions,
): ReadonlyMap<string, AnyProvider> {
  const postgres = createPostgresProvider(options);
  return new Map<string, AnyProvider>([[postgres.kind, postgres]]);
}
