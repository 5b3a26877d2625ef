import { usedWrongly } from './exit-code.ts';
import { createPrivateFile, readText } from './files.ts';
import type { Terminal } from './terminal.ts';

export interface KeyOptions {
  readonly generateKey?: string;
  readonly jwks?: string;
  readonly jwksUri?: string;
}

type Jwks = { keys: Record<string, unknown>[] };

/** What to send as keys, and the private key file that was made for it. */
export interface PreparedKeys {
  readonly source: { jwks: Jwks } | { jwks_uri: string };
  readonly created?: string;
}

/** Exactly one way to come by public keys; a generated private key never leaves this machine. */
export async function prepareKeys(options: KeyOptions, terminal: Terminal): Promise<PreparedKeys> {
  const { generateKey, jwks, jwksUri } = options;
  if ([generateKey, jwks, jwksUri].filter((way) => way !== undefined).length !== 1) {
    throw usedWrongly('Give one of --generate-key, --jwks and --jwks-uri.');
  }
  if (jwksUri !== undefined) return { source: { jwks_uri: jwksUri } };
  if (jwks !== undefined) {
    return { source: { jwks: parseJwks(await readText(jwks, 'public keys', terminal)) } };
  }
  const { generateAgentKey } = await import('../sdk/generate-key.ts');
  const { privateJwk, publicJwk } = generateAgentKey();
  const file = generateKey ?? '';
  await createPrivateFile(file, `${JSON.stringify(privateJwk, null, 2)}\n`);
  return { source: { jwks: { keys: [{ ...publicJwk }] } }, created: file };
}

/** A JWK set, or one JWK; refuses private members before they leave the machine. */
function parseJwks(text: string): Jwks {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw usedWrongly('The key file is not JSON; give a JWK set: {"keys":[…]}.');
  }
  const given = parsed as { keys?: unknown };
  const keys = Array.isArray(given?.keys) ? given.keys : [parsed];
  for (const key of keys) {
    if (typeof key !== 'object' || key === null || !('kty' in key)) {
      throw usedWrongly('The key file holds no JWK set: {"keys":[{"kty":…}]}.');
    }
    if ('d' in key || 'k' in key) {
      throw usedWrongly('This is a private key; the broker takes public keys only.');
    }
  }
  return { keys: keys as Record<string, unknown>[] };
}
