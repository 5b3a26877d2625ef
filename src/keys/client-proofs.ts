import { type KeySource, keyProof } from '../domain/agent.ts';
import type { Clock } from '../ports/clock.ts';
import type { JsonFetcher } from '../ports/json-fetcher.ts';
import type { ClientProof, ClientProofs, RegisteredClient } from '../ports/tokens.ts';
import { openClientAssertion, proveClient } from './client-assertion.ts';
import { parseJwks } from './jwks.ts';
import type { RegisteredKey } from './public-jwk.ts';
import { createRemoteKeys } from './remote-keys.ts';

const KEPT = 10_000;

/**
 * `private_key_jwt` for registered clients. Keys written down at registration are imported once per
 * version of the client; keys behind a URI are fetched and kept by `createRemoteKeys`.
 */
export function createClientProofs(options: {
  readonly issuer: string;
  readonly clock: Clock;
  readonly fetcher: JsonFetcher;
}): ClientProofs {
  const imported = new Map<string, { version: number; keys: readonly RegisteredKey[] }>();
  const remote = createRemoteKeys(options.fetcher, () => options.clock.monotonic());

  function keysOf(client: RegisteredClient, kid: string | undefined) {
    if (client.jwksUri !== undefined) return remote.keysOf(client.jwksUri, kid);
    const known = imported.get(client.id);
    if (known?.version === client.version) return known.keys;
    const parsed = parseJwks(client.jwks ?? { keys: [] }, 'registered');
    const keys = 'problem' in parsed ? [] : parsed.keys;
    if (imported.size >= KEPT) imported.delete(imported.keys().next().value ?? '');
    imported.set(client.id, { version: client.version, keys });
    return keys;
  }

  return {
    prove: async (assertion, find): Promise<ClientProof | undefined> => {
      const nowSeconds = Math.floor(options.clock.now() / 1000);
      const claimed = openClientAssertion(assertion, { issuer: options.issuer, nowSeconds });
      if (!claimed) return undefined;
      const client = await find(claimed.clientId);
      const proven = proveClient(claimed, client && (await keysOf(client, claimed.kid)));
      if (!proven) return undefined;
      const { clientId, jti, exp, thumbprint } = proven;
      return { clientId, jti, expiresAt: exp * 1000, provenBy: keyProof(thumbprint) };
    },
    problemOf: problemOfSource,
    describe: (source) => {
      const parsed = parseJwks(source.jwks ?? { keys: [] }, 'registered');
      return 'problem' in parsed ? [] : parsed.keys.map(({ kid, alg }) => ({ kid, alg }));
    },
    proofsOf: (source) => {
      const parsed = parseJwks(source.jwks ?? { keys: [] }, 'registered');
      return 'problem' in parsed ? [] : parsed.keys.map((key) => keyProof(key.thumbprint));
    },
  };
}

function problemOfSource(source: KeySource): string | undefined {
  if (source.jwks === undefined) return undefined;
  const parsed = parseJwks(source.jwks, 'registered');
  return 'problem' in parsed ? parsed.problem : undefined;
}
