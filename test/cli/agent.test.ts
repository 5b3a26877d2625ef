import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answering, problem, type SeenRequest } from './answers.ts';
import { fileWith, folder, operatorFile } from './files.ts';
import { runCli } from './terminal.ts';

const environment = { operatorTokenFile: operatorFile() };
const CREATE = ['agent', 'create', '--name', 'demo', '--owner', 'dana@example.com'];

function created({ body }: SeenRequest) {
  const { name, owner, teams } = body as { name: string; owner: string; teams: string[] };
  return {
    status: 201,
    body: {
      ...{ id: 'agt_1', name, owner, teams, state: 'active', managed_by: 'api' },
      ...{ keys: [{ kid: 'k', alg: 'ES256' }], created_at: '2026-01-05T12:00:00.000Z' },
    },
  };
}

test('--generate-key keeps the private key here, mode 0600, and sends the public one', async () => {
  const file = join(folder(), 'key.json');
  const { fetch, seen } = answering({ 'POST /v1/agents': created });
  const argv = [...CREATE, '--team', 'support', '--generate-key', file];
  const { code, stdout, stderr } = await runCli(argv, { fetch, environment });
  expect(code).toBe(0);
  expect(stdout).toContain('agt_1');
  expect(stderr).toContain(`export COUNTERSIGN_AGENT_KEY_FILE=${file}`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const key = JSON.parse(readFileSync(file, 'utf8'));
  const { d, ...publicJwk } = key;
  expect(d).toMatch(/^[\w-]{43}$/);
  expect(seen[0]?.body).toEqual({
    ...{ name: 'demo', owner: 'dana@example.com', teams: ['support'] },
    jwks: { keys: [publicJwk] },
  });
  expect(stdout + stderr).not.toContain(d);
});

test('--generate-key refuses a file that exists, before anything is asked', async () => {
  const file = fileWith('precious');
  const { fetch, seen } = answering({});
  const { code, stderr } = await runCli([...CREATE, '--generate-key', file], {
    fetch,
    environment,
  });
  expect({ code, asked: seen.length }).toEqual({ code: 2, asked: 0 });
  expect(stderr).toContain('it is not overwritten');
  expect(readFileSync(file, 'utf8')).toBe('precious');
});

test('a refused agent leaves no key file behind', async () => {
  const file = join(folder(), 'key.json');
  const { fetch } = answering({ 'POST /v1/agents': problem(409, 'conflict', 'demo exists.') });
  const { code } = await runCli([...CREATE, '--generate-key', file], { fetch, environment });
  expect({ code, left: existsSync(file) }).toEqual({ code: 1, left: false });
});

test('--jwks takes a set or one key, and refuses a private one', async () => {
  const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };
  for (const text of [JSON.stringify({ keys: [key] }), JSON.stringify(key)]) {
    const { fetch, seen } = answering({ 'POST /v1/agents': created });
    const argv = [...CREATE, '--jwks', fileWith(text)];
    expect((await runCli(argv, { fetch, environment })).code).toBe(0);
    expect(seen[0]?.body).toMatchObject({ jwks: { keys: [key] } });
  }
  const { fetch, seen } = answering({});
  const argv = [...CREATE, '--jwks', '-'];
  const stdin = JSON.stringify({ keys: [{ ...key, d: 'canary' }] });
  const ran = await runCli(argv, { fetch, environment, stdin });
  expect({ code: ran.code, asked: seen.length }).toEqual({ code: 2, asked: 0 });
  expect(ran.stderr).toContain('private key');
  expect(ran.stderr).not.toContain('canary');
});

test.each([[[]], [['--jwks-uri', 'https://a.example/jwks', '--jwks', 'x']]])(
  'exactly one source of keys: %j',
  async (more) => {
    const { code, stderr } = await runCli([...CREATE, ...more], { environment });
    expect(code).toBe(2);
    expect(stderr).toContain('Give one of --generate-key, --jwks and --jwks-uri');
  },
);

test('a secret comes from stdin or a file, loses one line end, and is not printed', async () => {
  const file = join(folder(), 'value');
  writeFileSync(file, 'postgres://a:canary@db/x\r\n');
  for (const [argv, stdin] of [
    [[], 'postgres://a:canary@db/x\n'],
    [['--from-file', file], ''],
  ] as const) {
    const { fetch, seen } = answering({ 'PUT /v1/secrets/orders-db/admin-url': { status: 204 } });
    const line = ['secret', 'set', 'orders-db/admin-url', ...argv];
    const ran = await runCli(line, { fetch, environment, stdin });
    expect(ran).toMatchObject({ code: 0, stdout: 'orders-db/admin-url is set.\n' });
    expect(seen[0]?.body).toEqual({ value: 'postgres://a:canary@db/x' });
    expect(ran.stdout + ran.stderr).not.toContain('canary');
  }
});

test('an empty secret is refused here', async () => {
  const { code, stderr } = await runCli(['secret', 'set', 'a'], { environment, stdin: '\n' });
  expect({ code, said: stderr.includes('empty') }).toEqual({ code: 2, said: true });
});
