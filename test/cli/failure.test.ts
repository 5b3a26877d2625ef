import { expect, test } from 'vitest';
import { ERRORS } from '../../src/contract/errors.ts';
import { answering, problem } from './answers.ts';
import { fileWith, operatorFile } from './files.ts';
import { runCli } from './terminal.ts';

const environment = { operatorTokenFile: operatorFile() };

async function answered(status: number, code: string, more: object = {}) {
  const { fetch } = answering({ 'GET /v1/stops': problem(status, code, `It is ${code}.`, more) });
  return runCli(['stop', 'list'], { fetch, environment });
}

test.each(Object.entries(ERRORS))(
  '%s: two lines, a next step and the right exit code',
  async (code, shape) => {
    const { code: exit, stdout, stderr } = await answered(shape.status, code);
    const wanted = code === 'approval_required' ? 4 : shape.status === 403 ? 3 : 1;
    expect({ exit, stdout }).toEqual({ exit: wanted, stdout: '' });
    expect(stderr).toMatch(/^(error|denied|pending): It is \w+\.\nnext: \S.*\n$/);
  },
);

test('an approval that is pending ends with 4', async () => {
  expect((await answered(403, 'approval_required')).code).toBe(4);
});

test('a refusal names its rule and what one may ask for instead', async () => {
  const hint = {
    rule: 'destroy-takes-two',
    alternatives: ['orders-db:read'],
    how: 'Ask for that.',
  };
  const { stderr } = await answered(403, 'access_denied', { hint });
  expect(stderr).toBe(
    'denied: It is access_denied. (see rule destroy-takes-two)\nnext: You may ask for orders-db:read. Ask for that.\n',
  );
});

test('every problem of a bundle is listed with file and line', async () => {
  const problems = [
    { file: 'rules/a.cedar', line: 3, message: 'no @id' },
    { file: 'groups.yaml', message: 'unknown member' },
  ];
  const { stderr } = await answered(422, 'bundle_invalid', { problems });
  expect(stderr).toContain('  rules/a.cedar:3  no @id\n  groups.yaml  unknown member\n');
});

test('--json puts the same as one document on stderr', async () => {
  const { fetch } = answering({ 'GET /v1/stops': problem(409, 'conflict', 'Twice.') });
  const { code, stdout, stderr } = await runCli(['stop', 'list', '--json'], { fetch, environment });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(JSON.parse(stderr)).toMatchObject({
    error: { code: 'conflict', detail: 'Twice.', request_id: 'req_1' },
  });
});

test('a broker that is not there: how to start one', async () => {
  const { code, stderr } = await runCli(['stop', 'list'], { environment });
  expect(code).toBe(1);
  expect(stderr).toContain('Cannot reach http://localhost:7300');
  expect(stderr).toContain('next: Start a broker with "countersign dev", or set COUNTERSIGN_URL');
});

test('without an operator token it says how to make one, where that can be done', async () => {
  const here = await runCli(['stop', 'list'], { environment: { storeIsHere: true } });
  expect(here.code).toBe(2);
  expect(here.stderr).toContain(
    'next: countersign operator token --role admin --ttl 15m --out op.token',
  );
  const away = await runCli(['stop', 'list']);
  expect(away.stderr).toContain("next: On the broker's host run");
});

test('an operator token that ended: how to make a new one in its place', async () => {
  const { fetch } = answering({ 'GET /v1/stops': problem(401, 'invalid_token', 'Ended.') });
  const here = { ...environment, storeIsHere: true };
  const { code, stderr } = await runCli(['stop', 'list'], { fetch, environment: here });
  expect(code).toBe(1);
  expect(stderr).toContain(
    `next: Make a new one: countersign operator token --role admin --ttl 15m --out ${environment.operatorTokenFile}`,
  );
});

test('a token file that others can read is used with a word of warning', async () => {
  const { chmodSync } = await import('node:fs');
  const file = fileWith('t');
  chmodSync(file, 0o644);
  const { fetch } = answering({ 'GET /v1/stops': { body: { items: [], next_cursor: null } } });
  const ran = await runCli(['stop', 'list'], { fetch, environment: { operatorTokenFile: file } });
  expect(ran).toMatchObject({ code: 0, stdout: 'Nothing is stopped.\n' });
  expect(ran.stderr).toContain(`chmod 600 ${file}`);
});
