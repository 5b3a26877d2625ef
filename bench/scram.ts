import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** PostgreSQL's default, and what issued logins use. */
const ITERATIONS = 4096;

/** A SCRAM-SHA-256 verifier (RFC 5802 §3) of a random password, as `CREATE ROLE … PASSWORD` takes it. */
export function randomVerifier(): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(randomBytes(24).toString('base64url'), salt, ITERATIONS, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64');
  const server = hmac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${server}`;
}
