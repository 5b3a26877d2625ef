import { notifyProblems } from './notify.ts';
import type { Settings } from './schema.ts';
import type { FileAccess, Given } from './sources.ts';
import { ssoProblems } from './sso.ts';
import { type SettingName, VARIABLES } from './variables.ts';
import { vaultProblems } from './vault.ts';

/**
 * What is to run. `serve` is production and the strictest; `dev` makes what is missing; `migrate`
 * alone reads the owner's database URL; `local` is a command beside the store, such as `doctor`.
 */
export type Mode = 'dev' | 'serve' | 'migrate' | 'local';

/** Whoever can read one of these is the broker, or may log in as it. */
const OWN_FILES = [
  'master_key',
  'vault_token',
  'vault_secret_id',
  'vault_secret_id_wrapped',
] as const;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** What this mode needs and does not have, or has and must not have. */
export function modeProblems(
  mode: Mode,
  read: Settings,
  given: ReadonlyMap<SettingName, Given>,
  masterKeyProblem: (text: string) => string | undefined,
): string[] {
  const problems: string[] = [];
  const need = (name: SettingName, why: string): void => {
    if (read[name] === undefined) problems.push(`${VARIABLES[name].env} is not set: ${why}`);
  };
  if (mode === 'migrate') {
    need('migrate_database_url', 'migrations run as the role that owns the tables');
    return problems;
  }
  if (mode === 'serve') {
    need('database_url', 'the embedded store is for "dev"');
    need('issuer', 'tokens name the public URL of this broker');
    if (read.vault_transit_key === undefined) {
      need('master_key', 'make one with: openssl rand -base64 32');
    }
  }
  problems.push(...vaultProblems(read), ...notifyProblems(read), ...ssoProblems(read));
  problems.push(
    ...issuerProblems(mode, read.issuer),
    ...OWN_FILES.flatMap((name) => keyFileProblems(given.get(name))),
  );
  for (const name of ['master_key', 'previous_master_key'] as const) {
    const weak = read[name] === undefined ? undefined : masterKeyProblem(read[name]);
    if (weak !== undefined) problems.push(`${given.get(name)?.from}: ${weak}`);
  }
  return problems;
}

function issuerProblems(mode: Mode, issuer: string | undefined): string[] {
  if (issuer === undefined) return [];
  const { protocol, hostname } = new URL(issuer);
  if (protocol === 'https:' || (mode !== 'serve' && LOOPBACK.has(hostname))) return [];
  const unless = mode === 'serve' ? '' : ' (http only on localhost)';
  return [`${VARIABLES.issuer.env} must be an https URL${unless}: tokens travel to it`];
}

function keyFileProblems(key: Given | undefined): string[] {
  if (!key?.file || !isExposed(key.file, process.getuid?.())) return [];
  return [`${key.from} can be read by others (mode ${key.file.mode.toString(8)}): chmod 600 it`];
}

/**
 * Can more than this process read the file? Its group may, where root owns the file and this process is
 * somebody else: that is how Kubernetes hands a secret to a pod (`fsGroup`, mode 0440), and without the
 * group the process could not read it at all. Nobody's group may write, and the world may do nothing.
 */
export function isExposed({ mode, owner }: FileAccess, uid: number | undefined): boolean {
  const handedOver = owner === 0 && uid !== undefined && uid !== 0;
  return (mode & (handedOver ? 0o037 : 0o077)) !== 0;
}
