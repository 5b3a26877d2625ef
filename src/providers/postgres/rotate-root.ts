import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { providerFailed } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import type { CanRotateRoot, Reach, RootCredential } from '../../ports/provider.ts';
import { asProviderFailure, failureCode } from './failures.ts';
import type { Parts } from './parts.ts';
import { scramVerifier } from './scram.ts';

/** Rotation of the admin's password. */
export function rotation(parts: Pick<Parts, 'connections' | 'passwords'>): CanRotateRoot {
  return {
    nextRoot: (root) => nextRoot(parts, root),
    rotateRoot: (request) => rotateRoot(parts, request),
    acceptsRoot: (request) => acceptsRoot(parts, request),
    loginOf,
  };
}

/** The admin URL with a fresh password: 256 random bits that need no escaping. */
async function nextRoot(
  { passwords, connections }: Pick<Parts, 'connections' | 'passwords'>,
  root: RootCredential,
): Promise<Secret> {
  connections.check(root);
  const url = new URL(root.value.reveal());
  const { secret } = await passwords.take();
  url.password = secret.reveal();
  return new Secret(url.href);
}

/**
 * The server is told a SCRAM verifier made here: neither the line nor the server's log sees the
 * password. A role may always change its own.
 */
async function rotateRoot(
  { connections }: Pick<Parts, 'connections'>,
  { root, next, signal }: Omit<Reach, 'resource'> & { next: Secret },
): Promise<void> {
  const password = decodeURIComponent(new URL(next.reveal()).password);
  const verifier = await scramVerifier(password, randomBytes(16));
  try {
    await connections.useExactly({ root, signal }, async (client) => {
      // Where commits need not reach the disk, a crash could bring the old password back.
      await client.query('SET synchronous_commit = on');
      await client.query(`ALTER ROLE CURRENT_USER PASSWORD ${pg.escapeLiteral(verifier)}`);
    });
  } catch (error) {
    throw asProviderFailure(error);
  }
}

/** A wrong password, a role that may not log in, no line for it in pg_hba.conf. */
const REFUSED = /^28(P01|000)$/;

async function acceptsRoot(
  { connections }: Pick<Parts, 'connections'>,
  { root, signal }: Omit<Reach, 'resource'>,
): Promise<boolean> {
  try {
    await connections.useExactly({ root, signal }, (client) => client.query('SELECT'));
    return true;
  } catch (error) {
    if (REFUSED.test(failureCode(error))) return false;
    throw asProviderFailure(error);
  }
}

function loginOf(root: RootCredential): string {
  try {
    const url = new URL(root.value.reveal());
    return `${decodeURIComponent(url.username)}@${url.hostname.toLowerCase()}:${url.port || '5432'}`;
  } catch {
    throw providerFailed('provider_misconfigured', 'The admin URL of this resource is not a URL.');
  }
}
