import { type BrokerError, providerFailed } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import type { VaultReference } from '../../domain/secret-name.ts';
import { isJsonObject, textMember } from '../../domain/strict-json.ts';
import type { VaultSession } from '../../ports/vault.ts';

/** One field of a secret, as it is now. */
export interface KvValue {
  readonly value: Secret;
  /** Version 2 of the engine numbers its secrets; version 1 does not. */
  readonly version?: number;
}

/** Where an engine is mounted, with a slash at the end, and which version it is. */
interface Mount {
  readonly at: string;
  readonly version: 1 | 2;
}

/** Reads fields of key-value secrets; which version an engine has is asked once. */
export interface KvReader {
  read(reference: VaultReference): Promise<KvValue>;
  /** Asks for the engines anew: one may have been upgraded. */
  forget(): void;
}

export function createKvReader(session: VaultSession): KvReader {
  const mounts = new Map<string, Promise<Mount>>();
  const mountOf = (path: string): Promise<Mount> => {
    const known = mounts.get(path) ?? findMount(session, path);
    mounts.set(path, known);
    known.catch(() => mounts.delete(path));
    return known;
  };
  return {
    read: async (reference) => {
      const mount = await mountOf(reference.path);
      if (mount.version === 2 && !reference.path.startsWith(`${mount.at}data/`)) {
        throw wrongVersion(reference, mount);
      }
      const { status, data } = await session.call({
        method: 'GET',
        path: reference.path,
        expect: [404],
      });
      if (status === 404) throw missing(reference, mount);
      return mount.version === 1
        ? { value: fieldOf(data, reference) }
        : { value: fieldOf(data['data'], reference), version: versionOf(data['metadata']) };
    },
    forget: () => mounts.clear(),
  };
}

async function findMount(session: VaultSession, path: string): Promise<Mount> {
  const { status, data } = await session.call({
    method: 'GET',
    path: `sys/internal/ui/mounts/${path}`,
    expect: [403, 404],
  });
  // One answer for "no such mount" and for "nothing there that you may see".
  if (status !== 200) {
    throw providerFailed(
      'provider_misconfigured',
      `Vault shows the broker nothing at ${path}: wrong path or namespace, or no policy that lets it read. Add: path "${path}" { capabilities = ["read"] }`,
    );
  }
  const { type, path: at, options } = data;
  if (typeof at !== 'string' || (type !== 'kv' && type !== 'generic')) {
    throw providerFailed(
      'provider_misconfigured',
      `What is mounted for ${path} is not a key-value engine. References name such secrets only; credentials that Vault makes are handed out by resources of kind vault.`,
    );
  }
  const version = isJsonObject(options) ? textMember(options, 'version') : '';
  return { at, version: version === '2' ? 2 : 1 };
}

function wrongVersion({ path, field }: VaultReference, { at }: Mount): BrokerError {
  const right = `vault:${at}data/${path.slice(at.length)}#${field}`;
  return providerFailed(
    'provider_misconfigured',
    `${at} is version 2 of the key-value engine, whose paths have data/ after the mount. Write the reference as ${right}`,
  );
}

function missing({ path, field }: VaultReference, { at, version }: Mount): BrokerError {
  const rest = path.slice(at.length);
  const next =
    version === 1 && rest.startsWith('data/')
      ? ` ${at} is version 1 of the key-value engine, whose paths have no data/: did you mean vault:${at}${rest.slice('data/'.length)}#${field}`
      : ' Put it there, or correct the path in the resource file.';
  return providerFailed(
    'provider_misconfigured',
    `Vault has no secret at ${path}, or its newest version was deleted.${next}`,
  );
}

function fieldOf(fields: unknown, reference: VaultReference): Secret {
  const value = isJsonObject(fields) ? fields[reference.field] : undefined;
  if (typeof value === 'string' && value !== '') return new Secret(value);
  if (value === undefined) throw noField(reference);
  throw providerFailed(
    'provider_misconfigured',
    `The field ${reference.field} of ${reference.path} in Vault is no text, or empty. Write it as a string.`,
  );
}

/** Names no other field: even names may tell something. */
function noField({ path, field }: VaultReference): BrokerError {
  return providerFailed(
    'provider_misconfigured',
    `The secret at ${path} in Vault has no field ${field}. Correct the part after # in the resource file, or add the field.`,
  );
}

function versionOf(metadata: unknown): number {
  const version = isJsonObject(metadata) ? metadata['version'] : undefined;
  return typeof version === 'number' && Number.isSafeInteger(version) ? version : 0;
}
