import { decodeJwt } from 'jose';
import { expect, test } from 'vitest';
import { createAgentSession } from '../../src/sdk/agent-session.ts';
import { generateAgentKey } from '../../src/sdk/generate-key.ts';
import { createResourceServerSession } from '../../src/sdk/resource-server-session.ts';
import { answering, type SeenRequest } from '../cli/answers.ts';

const { privateJwk: privateKey } = generateAgentKey();
const TOKEN = {
  ...{ access_token: 'at', token_type: 'Bearer', expires_in: 60, scope: 'a:b' },
  authorization_details: [{ type: 'task', task_id: 'tsk_1' }],
};
const formOf = (request: SeenRequest | undefined) => new URLSearchParams(request?.body as string);

/** A broker that calls itself `issuer`. */
function broker(issuer: string, path = '') {
  return answering({
    [`GET /.well-known/oauth-authorization-server${path}`]: { body: { issuer } },
    [`POST ${path}/oauth/token`]: { body: TOKEN },
    [`POST ${path}/oauth/revoke`]: { status: 200 },
    [`POST ${path}/oauth/introspect`]: { body: { active: true, scope: 'a:b', custom: 1 } },
  });
}

test.each([
  ['https://b.example.com', undefined, 'https://b.example.com', ''],
  ['https://b.example.com/', undefined, 'https://b.example.com', ''],
  ['https://b.example.com/team', undefined, 'https://b.example.com/team', '/team'],
  ['http://localhost:7300', undefined, 'https://public.example.com', ''],
  ['http://127.0.0.1:7300', undefined, 'http://localhost:7300', ''],
  ['http://10.0.0.5:7300', 'https://public.example.com', 'https://public.example.com', ''],
])('%s (issuer given: %s) signs for %s', async (url, given, issuer, path) => {
  const { fetch, seen } = broker(issuer, path);
  const more = given === undefined ? {} : { issuer: given };
  const session = createAgentSession({ url, agentId: 'agt_1', privateKey, fetch, ...more });
  const task = { purpose: 'p', ticket: 'OPS-12' };
  expect(await session.mintToken({ scopes: ['a:b', 'a:c'], task })).toEqual({
    ...{ access_token: 'at', expires_in: 60, scope: 'a:b', task_id: 'tsk_1' },
  });
  const form = formOf(seen[1]);
  expect(form.get('scope')).toBe('a:b a:c');
  expect(JSON.parse(form.get('authorization_details') ?? '')).toEqual([{ type: 'task', ...task }]);
  expect(decodeJwt(form.get('client_assertion') ?? '')).toMatchObject({
    ...{ aud: issuer, iss: 'agt_1', sub: 'agt_1' },
  });
});

test.each([
  ['https://evil.example.com', undefined, 'https://b.example.com'],
  ['https://b.example.com', 'https://b.example.com', 'https://other.example.com'],
  ['http://localhost.evil.com', undefined, 'https://b.example.com'],
  ['http://127.evil.com', undefined, 'https://b.example.com'],
])('%s cannot have us sign for somebody else', async (url, given, issuer) => {
  const { fetch, seen } = broker(issuer);
  const more = given === undefined ? {} : { issuer: given };
  const session = createAgentSession({ url, agentId: 'agt_1', privateKey, fetch, ...more });
  await expect(session.mintToken()).rejects.toMatchObject({ code: 'unexpected_response' });
  expect(seen.filter(({ method }) => method === 'POST')).toEqual([]);
});

test('every request has an assertion of its own; metadata is read once', async () => {
  const { fetch, seen } = broker('http://localhost:7300');
  const session = createAgentSession({
    url: 'http://localhost:7300',
    agentId: 'a',
    privateKey,
    fetch,
  });
  await session.mintToken();
  await session.mintToken();
  await session.revokeToken('at');
  const assertions = seen.slice(1).map((request) => formOf(request).get('client_assertion'));
  expect(new Set(assertions).size).toBe(3);
  expect(seen.filter(({ method }) => method === 'GET')).toHaveLength(1);
  expect(formOf(seen[1]).has('scope')).toBe(false);
  expect(formOf(seen[3]).get('token')).toBe('at');
});

test('an OAuth refusal keeps its hint and its finer code', async () => {
  const { fetch } = answering({
    'GET /.well-known/oauth-authorization-server': { body: { issuer: 'http://localhost' } },
    'POST /oauth/token': {
      status: 400,
      body: {
        ...{ error: 'access_denied', error_description: 'Nobody can approve.' },
        ...{ code: 'approval_unavailable', hint: { alternatives: ['a:b'] }, approval_id: 'apr_1' },
      },
    },
  });
  const session = createAgentSession({ url: 'http://localhost', agentId: 'a', privateKey, fetch });
  const task = { task_id: 'tsk_1' };
  await expect(session.mintToken({ scopes: ['a:c'], task })).rejects.toMatchObject({
    ...{ status: 400, code: 'approval_unavailable', detail: 'Nobody can approve.' },
    ...{ hint: { alternatives: ['a:b'] }, members: { approval_id: 'apr_1' } },
  });
});

test('a resource server introspects as itself', async () => {
  const { fetch, seen } = broker('http://localhost');
  const options = { url: 'http://localhost', resourceServerId: 'rs_1', privateKey, fetch };
  const answer = await createResourceServerSession(options).introspect('their-token');
  expect(answer).toEqual({ active: true, scope: 'a:b', custom: 1 });
  expect(formOf(seen[1]).get('token')).toBe('their-token');
  expect(decodeJwt(formOf(seen[1]).get('client_assertion') ?? '').sub).toBe('rs_1');
});
