const NAME = /^[a-z0-9][a-z0-9_.-]*(?:\/[a-z0-9][a-z0-9_.-]*)*$/;
const MAX_LENGTH = 128;

/** May a secret have this name? Segments of `[a-z0-9_.-]` between slashes, none of them `..`. */
export function isSecretName(text: string): boolean {
  return text.length <= MAX_LENGTH && NAME.test(text) && !text.includes('..');
}

/** A secret kept in Vault: where it lies there, and which of its fields is meant. */
export interface VaultReference {
  /** As it stands in the API below `/v1/`: `kv/data/shop` for version 2 of the engine, `kv/shop` for 1. */
  readonly path: string;
  readonly field: string;
}

const VAULT =
  /^vault:([A-Za-z0-9_-][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+)#([A-Za-z0-9_.-]{1,64})$/;
const MAX_VAULT_LENGTH = 256;
/** Vault's own trees: nothing below them is a secret of a key-value engine. */
const SYSTEM = /^(?:sys|auth|identity|cubbyhole)\//;

/** `vault:kv/data/shop#admin_url` → its parts; undefined where it is none, or climbs, or is Vault's own. */
export function parseVaultReference(text: string): VaultReference | undefined {
  if (text.length > MAX_VAULT_LENGTH || text.includes('..')) return undefined;
  const [, path, field] = VAULT.exec(text) ?? [];
  if (path === undefined || field === undefined || SYSTEM.test(path)) return undefined;
  return { path, field };
}

/** May a resource file name this secret: one of the store, or one in Vault? */
export function isSecretReference(text: string): boolean {
  return isSecretName(text) || parseVaultReference(text) !== undefined;
}
