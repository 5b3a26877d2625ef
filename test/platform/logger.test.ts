import { describe, expect, it } from 'vitest';
import { internal } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createLogger } from '../../src/platform/logger.ts';

const CANARY = 'canary-7f3a9c';

function logged(log: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  log(createLogger({ level: 'debug', destination: { write: (line) => lines.push(line) } }));
  return lines.join('');
}

describe('a log line', () => {
  it('is JSON with level, time and message', () => {
    const line = logged((logger) => logger.info({ lease: 'lse_1' }, 'issued'));
    expect(JSON.parse(line)).toEqual({
      level: 'info',
      time: expect.stringMatching(/Z$/),
      lease: 'lse_1',
      msg: 'issued',
    });
    expect(line.endsWith('\n')).toBe(true);
  });

  it.each([
    'authorization',
    'Authorization',
    'cookie',
    'set-cookie',
    'password',
    'secret',
    'token',
    'access_token',
    'client_assertion',
    'clientSecret',
    'credential',
    'credentials',
    'master_key',
    'databaseUrl',
    'body',
    'query',
    'private_key',
  ])('hides the member %s, at any depth', (name) => {
    const line = logged((logger) =>
      logger.warn(
        { [name]: CANARY, a: { [name]: { x: CANARY }, list: [{ [name]: CANARY }] } },
        'x',
      ),
    );
    expect(line).not.toContain(CANARY);
    expect(JSON.parse(line)[name]).toBe('[redacted]');
  });

  it('hides a Secret and bytes under any name', () => {
    const line = logged((logger) =>
      logger.info({
        x: new Secret(CANARY),
        y: [new Secret(CANARY)],
        z: Buffer.from(CANARY),
        m: new Map([['a', CANARY]]),
      }),
    );
    expect(line).not.toContain(CANARY);
    expect(line).not.toContain(Buffer.from(CANARY).toString('base64'));
  });

  it.each([
    ['a URL with a password', `postgres://admin:${CANARY}@db:5432/shop`],
    ['a URL with a user part alone', `https://${CANARY}@api.example.com/`],
    ['a token of Vault', `hvs.${CANARY}${'x'.repeat(16)}`],
    ['a JWT', `eyJhbGciOiJFUzI1NiJ9.${CANARY}.${CANARY}`],
    ['a SCRAM verifier', `SCRAM-SHA-256$4096:${CANARY}$a:b`],
    ['SQL with a password', `ALTER ROLE x PASSWORD '${CANARY}'`],
    ['a bearer header', `authorization: Bearer ${CANARY}`],
    ['a sealed box', `cs1.0123456789abcdef.${CANARY}.${CANARY}`],
    ['a private key', `-----BEGIN PRIVATE KEY-----\n${CANARY}`.replaceAll('canary-', 'canary')],
  ])('hides %s in a message, an error and its cause', (_name, text) => {
    const line = logged((logger) => {
      logger.info(text);
      logger.error({ err: internal(new Error(text, { cause: new Error(text) })) }, 'failed');
      logger.error(new Error(text));
      logger.info({ note: { deep: text } });
    });
    expect(line).not.toContain('7f3a9c');
    for (const each of line.trim().split('\n')) expect(() => JSON.parse(each)).not.toThrow();
  });

  it('keeps a line whole whatever quotes a text has', () => {
    const line = logged((logger) =>
      logger.info({ a: `password '`, b: `it's`, c: 'password "', d: 'x' }, `'`),
    );
    expect(JSON.parse(line)).toMatchObject({ a: `password '`, b: `it's`, c: 'password "' });
  });

  it('drops what drivers put on their errors, and keeps the code', () => {
    const error = Object.assign(new Error('bad'), {
      code: '42501',
      internalQuery: CANARY,
      detail: CANARY,
      where: CANARY,
    });
    const line = logged((logger) => logger.error({ err: error, other: error }, 'x'));
    expect(line).not.toContain(CANARY);
    expect(JSON.parse(line).err).toMatchObject({ message: 'bad', code: '42501' });
  });

  it('cannot be split by control characters', () => {
    const line = logged((logger) => logger.info({ a: 'x\n{"level":"info"}\r' }, 'y\nz'));
    expect(line.trim().split('\n')).toHaveLength(1);
  });
});
