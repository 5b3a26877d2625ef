import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readBasic } from '../../src/api/hot/basic.ts';
import type { Client } from '../../src/sdk/client.ts';
import type { TestAgent, TestBroker } from '../support/broker.ts';
import { startBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { chainOf } from '../support/chain.ts';
import { ask, PATIENT, postForm, resourceServer } from './wire.ts';

const AUDIENCE = 'https://reports.example.com';
const GRANT = {
  grant_type: 'client_credentials',
  scope: 'reports:read',
  authorization_details: '[{"type":"task","purpose":"look"}]',
};
const ENDPOINTS = ['/oauth/token', '/oauth/introspect', '/oauth/revoke'];

const formEncoded = (text: string) => new URLSearchParams([['', text]]).toString().slice(1);
const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');
const basic = (id: string, secret: string) => ({
  authorization: `Basic ${base64(`${formEncoded(id)}:${formEncoded(secret)}`)}`,
});
/** Every byte escaped, which a client may do as well. */
const escaped = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

describe('T9: id and secret are form-decoded before they are compared (RFC 6749 §2.3.1)', () => {
  it.each([
    ['a:b', '%2B+ é'],
    ['agt_1', 'plain'],
    ['é', '100%:&=+'],
  ])('%j and %j', (id, secret) => {
    const read = readBasic(basic(id, secret).authorization);
    expect([read?.clientId, read?.secret.reveal()]).toEqual([id, secret]);
  });
  it.each([
    `Basic ${base64('a%3Ab:%252B%2B+%C3%A9')}`,
    `basic   ${base64('a%3ab:%252B%2b%20%c3%a9')}`,
  ])('as it travels: %s', (header) => {
    const read = readBasic(header);
    expect([read?.clientId, read?.secret.reveal()]).toEqual(['a:b', '%2B+ é']);
  });
  it.each([
    '',
    'Basic',
    'Basic ',
    'Bearer YTpi',
    `Basic ${base64('no colon')}`,
    `Basic ${base64(':secret')}`,
    `Basic ${base64('id:')}`,
    `Basic ${base64('id:%zz')}`,
    `Basic ${base64('id:%ff')}`,
    `Basic ${base64('id:%00')}`,
    'Basic YTpi=',
    'Basic YTpj====',
    'Basic YTp_',
    'Basic YTpi YTpi',
    `Basic ${Buffer.from([0x61, 0x3a, 0xff]).toString('base64')}`,
  ])('what has no one reading is refused: %j', (header) => {
    expect(readBasic(header)).toBeUndefined();
  });
});

describe('client_secret_basic, where a deployment enables it', () => {
  let broker: TestBroker;
  let admin: Client;
  let agent: TestAgent;
  let secret: string;
  const url = (path: string) => `${broker.url}${path}`;
  const secretOf = async (id: string) =>
    (await admin.call('setAgentSecret', { params: { id } })).client_secret;
  const mint = (headers: Record<string, string>, more = {}) =>
    postForm(url('/oauth/token'), { ...GRANT, ...more }, headers);
  const accessToken = async (headers: Record<string, string>) =>
    String((await mint(headers)).body['access_token']);

  beforeAll(async () => {
    broker = await startBroker({ config: { clientSecrets: true }, overrides: PATIENT });
    await broker.apply(SHOP_BUNDLE);
    admin = await broker.operator();
    agent = await broker.agent();
    secret = await secretOf(agent.id);
  });
  afterAll(() => broker.stop());

  it('P1: is advertised, and all three form endpoints take it', async () => {
    const { body } = await ask(url('/.well-known/oauth-authorization-server'));
    for (const endpoint of ['token', 'introspection', 'revocation']) {
      expect(body[`${endpoint}_endpoint_auth_methods_supported`]).toEqual([
        'private_key_jwt',
        'client_secret_basic',
      ]);
    }
    const server = await resourceServer(broker, AUDIENCE);
    const its = await admin.call('setResourceServerSecret', { params: { id: server.id } });
    const token = await accessToken(basic(agent.id, secret));
    const inspect = () =>
      postForm(url('/oauth/introspect'), { token }, basic(server.id, its.client_secret));
    expect((await inspect()).body).toMatchObject({ active: true, client_id: agent.id });
    expect(
      (await postForm(url('/oauth/introspect'), { token }, basic(agent.id, secret))).status,
    ).toBe(401);
    expect((await postForm(url('/oauth/revoke'), { token }, basic(agent.id, secret))).status).toBe(
      200,
    );
    expect((await inspect()).body).toEqual({ active: false });
    await admin.call('removeResourceServerSecret', { params: { id: server.id } });
    expect((await inspect()).status).toBe(401);
  });

  it('T9: a real id and secret in any form encoding', async () => {
    for (const pair of [`${agent.id}:${secret}`, `${escaped(agent.id)}:${escaped(secret)}`]) {
      expect((await mint({ authorization: `Basic ${base64(pair)}` })).status).toBe(200);
    }
    expect((await mint(basic(agent.id, secret), { client_id: agent.id })).status).toBe(200);
    expect((await mint(basic(agent.id, secret), { client_id: 'agt_other' })).status).toBe(401);
  });

  it('T4: unknown client, wrong secret, no secret and no reading: one answer, with the scheme', async () => {
    const none = await broker.agent();
    const answers = await Promise.all([
      mint(basic(agent.id, `${secret}x`)),
      mint(basic(agent.id, 'x')),
      mint(basic(none.id, secret)),
      mint(basic(`agt_${'0'.repeat(26)}`, secret)),
      mint(basic(`rs_${'0'.repeat(26)}`, secret)),
      mint(basic('nobody', secret)),
      mint({ authorization: 'Basic !' }),
      mint({ authorization: `Bearer ${secret}` }),
    ]);
    const shapes = answers.map(({ status, headers, body: { request_id: _id, ...body } }) =>
      JSON.stringify([status, headers.get('www-authenticate'), body]),
    );
    expect(new Set(shapes).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(answers[0]?.headers.get('www-authenticate')).toBe('Basic realm="countersign"');
  });

  it('T4: looks the client up and compares a hash, whoever asks', async () => {
    const find = vi.spyOn(broker.composed.broker.agents, 'find');
    for (const id of [agent.id, `agt_${'0'.repeat(26)}`, 'nobody', agent.id])
      await mint(basic(id, 'wrong'));
    expect(find).toHaveBeenCalledTimes(4);
    find.mockRestore();
  });

  it('T3: two methods at once are refused', async () => {
    const both = {
      client_assertion: 'x.y.z',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    };
    for (const path of ENDPOINTS) {
      for (const more of [
        both,
        { client_secret: secret },
        { client_assertion_type: both.client_assertion_type },
      ]) {
        const form = { ...GRANT, token: 'x', ...more };
        const answer = await postForm(url(path), form, basic(agent.id, secret));
        expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request']);
      }
    }
    // In the body alone it is no method here.
    const posted = await postForm(url('/oauth/token'), {
      ...GRANT,
      client_id: agent.id,
      client_secret: secret,
    });
    expect([posted.status, posted.body['error']]).toEqual([401, 'invalid_client']);
  });

  it('replacing it ends the old one and its tokens at once; removing it ends the new one', async () => {
    const { id, session } = await broker.agent();
    const first = await secretOf(id);
    const listed = (token: string) =>
      session
        .client(token)
        .call('listLeases')
        .then(
          () => 200,
          (error: { status: number }) => error.status,
        );
    const old = await accessToken(basic(id, first));
    const byKey = (
      await session.mintToken({ scopes: ['shop-staging:read'], task: { purpose: 'look' } })
    ).access_token;
    const shop = { scope: 'shop-staging:read' };
    const held = String((await mint(basic(id, first), shop)).body['access_token']);
    expect([await listed(held), await listed(byKey)]).toEqual([200, 200]);
    const second = await secretOf(id);
    expect(second).not.toBe(first);
    expect((await mint(basic(id, first))).status).toBe(401);
    expect([await listed(held), await listed(byKey)]).toEqual([401, 200]);
    expect(old).toContain('.');
    const next = String((await mint(basic(id, second), shop)).body['access_token']);
    expect(await listed(next)).toBe(200);
    expect((await admin.call('getAgent', { params: { id } })).client_secret_id).toMatch(/^sec_/);
    await admin.call('removeAgentSecret', { params: { id } });
    expect((await mint(basic(id, second))).status).toBe(401);
    expect([await listed(next), await listed(byKey)]).toEqual([401, 200]);
    expect(await admin.call('getAgent', { params: { id } })).not.toHaveProperty('client_secret_id');
    const all = (await chainOf(broker.composed)).filter(({ subject }) => subject === id);
    const actions = all.map(({ action }) => action).filter((action) => action.includes('secret'));
    expect(actions).toEqual(['agent.secret_set', 'agent.secret_set', 'agent.secret_removed']);
  });

  it('a key taken away leaves what the secret proved', async () => {
    const { id, session } = await broker.agent();
    const shop = { scope: 'shop-staging:read' };
    const held = String((await mint(basic(id, await secretOf(id)), shop)).body['access_token']);
    await admin.call('setAgentKeys', { params: { id }, body: { jwks: { keys: [] } } });
    await session.client(held).call('listLeases');
  });

  it('is 256 random bits, kept as a SHA-256 only, and in no entry and no line of the log', async () => {
    expect(secret).toMatch(/^cst_cl_[A-Za-z0-9_-]{43}$/);
    const rows = await broker.store.asSuperuser('select * from countersign.agents');
    const kept = JSON.stringify([rows, await chainOf(broker.composed), broker.log]);
    expect(kept).toContain('sha256');
    expect(kept).not.toContain(secret);
    expect(kept).not.toContain(base64(`${agent.id}:${secret}`));
  });

  it('is for admins; what a bundle declares gets none', async () => {
    const params = { id: agent.id };
    const auditor = await broker.operator('auditor');
    await expect(auditor.call('setAgentSecret', { params })).rejects.toMatchObject({ status: 403 });
    const agents =
      'teams: [support, platform]\nagents: [{ name: filed, owner: dana@example.com, teams: [], jwks: { keys: [] } }]\n';
    await broker.apply({ ...SHOP_BUNDLE, 'agents.yaml': agents });
    const filed = admin.call('setAgentSecret', { params: { id: 'filed' } });
    await expect(filed).rejects.toMatchObject({ code: 'file_managed' });
  });

  it('a flood of guesses is refused before anything is looked up or hashed', async () => {
    const victim = await broker.agent();
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(Array.from({ length: 25 }, () => mint(basic(victim.id, 'guess'))));
    }
    const find = vi.spyOn(broker.composed.broker.agents, 'find');
    expect((await mint(basic(victim.id, 'guess'))).status).toBe(429);
    expect(find).not.toHaveBeenCalled();
    find.mockRestore();
    expect((await mint(basic(agent.id, secret))).status).toBe(200);
  });
});

describe('client_secret_basic, where nobody enabled it', () => {
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await startBroker({ overrides: PATIENT });
    await broker.apply(SHOP_BUNDLE);
  });
  afterAll(() => broker.stop());

  it('is not advertised, makes no secret and takes none, not even one from before', async () => {
    const { body } = await ask(`${broker.url}/.well-known/oauth-authorization-server`);
    expect(body['token_endpoint_auth_methods_supported']).toEqual(['private_key_jwt']);
    const { id } = await broker.agent();
    const admin = await broker.operator();
    const made = admin.call('setAgentSecret', { params: { id } });
    await expect(made).rejects.toMatchObject({ status: 409 });
    const on = await broker.twin();
    Object.assign(on.composed.broker, { clientSecrets: true });
    const its = (await on.operator()).call('setAgentSecret', { params: { id } });
    const header = basic(id, (await its).client_secret);
    expect((await postForm(`${on.url}/oauth/token`, GRANT, header)).status).toBe(200);
    expect((await postForm(`${broker.url}/oauth/token`, GRANT, header)).status).toBe(401);
    await on.stop();
    // Taking it away is a narrowing, and always there.
    await admin.call('removeAgentSecret', { params: { id } });
  });
});
