import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Secret } from '../domain/secret.ts';

/** How to reach the embedded store; lies in the data directory, readable by its user only. */
const StoreFile = z.strictObject({
  port: z.int(),
  ownerPassword: z.string(),
  runtimePassword: z.string(),
});

export interface StoreCredentials {
  readonly owner: Secret;
  readonly runtime: Secret;
}

const pathOf = (dataDir: string) => join(dataDir, 'store.json');

async function read(dataDir: string): Promise<z.infer<typeof StoreFile> | undefined> {
  try {
    return StoreFile.parse(JSON.parse(await readFile(pathOf(dataDir), 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') throw error;
    return undefined;
  }
}

/** New passwords for this start of the embedded store: the old ones stop working. */
export async function renewStoreFile(dataDir: string, port: number): Promise<StoreCredentials> {
  const password = () => randomBytes(24).toString('base64url');
  const content = { port, ownerPassword: password(), runtimePassword: password() };
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = pathOf(dataDir);
  await writeFile(`${path}.new`, JSON.stringify(content), { mode: 0o600 });
  await chmod(`${path}.new`, 0o600);
  await rename(`${path}.new`, path);
  return { owner: new Secret(content.ownerPassword), runtime: new Secret(content.runtimePassword) };
}

/** The runtime role's URL of the embedded store that was started last, if there is one. */
export async function embeddedStoreUrl(
  dataDir: string,
  role: string,
  database: string,
): Promise<Secret | undefined> {
  const content = await read(dataDir);
  return content && storeUrl(role, new Secret(content.runtimePassword), content.port, database);
}

export function storeUrl(role: string, password: Secret, port: number, database: string): Secret {
  return new Secret(`postgres://${role}:${password.reveal()}@127.0.0.1:${port}/${database}`);
}
