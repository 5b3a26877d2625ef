import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { Secret } from '../../domain/secret.ts';

const derive = promisify(pbkdf2);
const ITERATIONS = 4096;

/** A fresh password and what the server may know of it. */
export interface Password {
  readonly secret: Secret;
  /** `SCRAM-SHA-256$4096:salt$StoredKey:ServerKey`: proves the password without revealing it. */
  readonly verifier: string;
}

/**
 * SCRAM-SHA-256 verifier as PostgreSQL stores it (RFC 5802 §3, RFC 7677; 4,096 iterations). The password
 * must be ASCII, so that SASLprep leaves it as it is. The derivation runs off the event loop.
 */
export async function scramVerifier(password: string, salt: Buffer): Promise<string> {
  const salted = await derive(password, salt, ITERATIONS, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest('base64');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

/** 256 random bits as base64url, which needs no escaping in a URL, a literal or an environment. */
async function freshPassword(): Promise<Password> {
  const password = randomBytes(32).toString('base64url');
  return { secret: new Secret(password), verifier: await scramVerifier(password, randomBytes(16)) };
}

const READY = 4;

/**
 * Passwords made ahead, so that the next lease need not wait for a derivation. They are bound to nothing
 * until taken, and each is taken once.
 */
export class PasswordStock {
  readonly #ready: Promise<Password>[] = [];

  async take(): Promise<Password> {
    const password = this.#ready.shift() ?? freshPassword();
    while (this.#ready.length < READY) this.#ready.push(freshPassword());
    return password;
  }
}
