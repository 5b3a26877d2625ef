import { usedWrongly } from './exit-code.ts';
import type { Output } from './output.ts';
import { relativeTime } from './relative-time.ts';
import { formatFacts } from './table.ts';
import type { Terminal } from './terminal.ts';

type Members = Readonly<Record<string, unknown>>;

interface Inspection {
  readonly json: {
    readonly header: Members;
    readonly claims: Members;
    /** Does the broker accept it now? Absent: it was not asked. */
    readonly accepted?: boolean;
    readonly refusal?: string;
  };
  text(out: Output): string;
}

/**
 * Decodes a token for a human, without trusting a word of it, and asks the broker with the token
 * itself, which tells no more than its bearer may know.
 */
export async function inspectToken(
  token: string,
  terminal: Terminal,
  offline: boolean,
): Promise<Inspection> {
  const [header, claims] = decode(token);
  const asked = offline ? {} : await askBroker(token, terminal);
  const json = { header, claims, ...asked };
  return { json, text: (out) => describe(out, json, terminal.now()) };
}

function decode(token: string): [Members, Members] {
  const parts = token.split('.');
  try {
    if (parts.length !== 3) throw new TypeError('not three parts');
    const [header, claims] = parts
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as unknown);
    if (isMembers(header) && isMembers(claims)) return [header, claims];
  } catch {
    // Falls through: whatever it is, it is no token of ours.
  }
  throw usedWrongly('This is not an access token (a JWT of three parts).');
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function askBroker(token: string, terminal: Terminal) {
  const { createClient } = await import('../sdk/client.ts');
  const { url } = terminal.environment;
  try {
    const client = createClient({ url, token, fetch: terminal.fetch });
    await client.call('listTasks', { query: { limit: 1 } });
    return { accepted: true };
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'invalid_token' || code === 'unauthenticated') {
      return { accepted: false, refusal: 'expired, revoked, or not for the broker itself' };
    }
    throw error;
  }
}

function describe(out: Output, json: Inspection['json'], nowMs: number): string {
  const { header, claims } = json;
  const text = (value: unknown) => {
    if (value === undefined) return undefined;
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  const moment = (value: unknown) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return text(value);
    const ms = value * 1000;
    if (Math.abs(ms) > 8.64e15) return `${value}`;
    const iso = new Date(ms).toISOString();
    return `${iso} (${relativeTime(iso, nowMs)})`;
  };
  const verdict = json.accepted ? 'yes' : `no: ${json.refusal}`;
  return formatFacts(out, [
    ['accepted', json.accepted === undefined ? 'not asked' : verdict],
    [
      'type',
      [text(header['typ']), text(header['alg']), text(header['kid'])].filter(Boolean).join(', '),
    ],
    ['agent', text(claims['sub'])],
    ['scope', text(claims['scope']) ?? 'none'],
    ['audience', text(claims['aud'])],
    ['issuer', text(claims['iss'])],
    ['task', text(claims['task_id'])],
    ['grant', text(claims['grant_id'])],
    ['token', text(claims['jti'])],
    ['issued', moment(claims['iat'])],
    ['expires', moment(claims['exp'])],
  ]);
}
