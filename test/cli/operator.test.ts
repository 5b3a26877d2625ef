import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { SOON } from '../standards/wire.ts';
import { createAuthenticator } from '../support/authenticator.ts';
import { createBrowser } from '../support/browser.ts';
import { type RunningBroker, startBroker } from './broker.ts';

let broker: RunningBroker;
let env: Record<string, string>;

beforeAll(async () => {
  broker = await startBroker();
  env = {
    COUNTERSIGN_OPERATOR_TOKEN_FILE: join(broker.home, 'op.token'),
    COUNTERSIGN_URL: broker.url,
  };
});
afterAll(() => broker?.remove());

const TOKEN = ['operator', 'token', '--role', 'admin'];
/** Opens a link as its page does, and registers a passkey. */
async function comeIn(url: string, person: { name: string; email: string }) {
  const browser = createBrowser(broker.url);
  const secret = new URL(url).hash.slice(1);
  const begun = await browser.done('POST', '/v1/links/registrations', { secret, ...person });
  return browser.call('POST', '/v1/links/accept', {
    secret,
    ceremony_id: begun['ceremony_id'],
    attestation: createAuthenticator(broker.url).attest(begun['publicKey']),
  });
}

test('the link that is printed at the start makes the first admin, once', async () => {
  const LINK = /^ {2}(http:\/\/localhost:\d+\/console\/set-up#cst_ln_[\w-]{43})$/m;
  const url = await vi.waitFor(() => {
    const found = LINK.exec(broker.said())?.[1];
    if (found === undefined) throw new Error('not printed yet');
    return found;
  }, SOON);
  const dana = { name: 'Dana', email: 'dana@example.com' };
  expect((await comeIn(url, dana)).body).toMatchObject({ operator: { role: 'admin' } });
  await expect(comeIn(url, { ...dana, email: 'eve@example.com' })).rejects.toThrow('link_invalid');
});

test('a token then needs a reason, which doctor repeats', async () => {
  const refused = await broker.cli(TOKEN);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain(`${broker.url}/console/`);
  expect(refused.stderr).toContain('--break-glass');
  const file = join(broker.home, 'op.token');
  const made = await broker.cli([...TOKEN, '--break-glass', 'lost in the lake', '--out', file]);
  expect(made.code).toBe(0);
  expect(made.stderr).toContain('Glass broken');
  expect(readFileSync(file, 'utf8')).toMatch(/^cst_op_[\w-]{43}\n$/);
  const { stdout } = await broker.cli(['doctor', '--json']);
  const { checks } = JSON.parse(stdout) as { checks: { id: string; level: string }[] };
  const warned = checks.filter(({ level }) => level !== 'ok').map(({ id }) => id);
  // The groups of this bundle are none; its resource belongs to the one operator there is.
  expect(warned).toEqual(expect.arrayContaining(['break-glass', 'operators']));
  expect(warned.filter((id) => id.startsWith('owner:'))).toEqual([]);
});

test('operator invite prints a link that works; operator list shows who there is', async () => {
  const person = ['--email', 'erin@example.com', '--name', 'Erin Ode'];
  const invited = await broker.cli(['operator', 'invite', '--role', 'approver', ...person], {
    env,
  });
  expect(invited.code).toBe(0);
  expect(invited.stderr).toContain('erin@example.com');
  const link = invited.stdout.trim();
  expect((await comeIn(link, { name: 'Erin', email: 'erin@example.com' })).status).toBe(200);
  const again = await broker.cli(['operator', 'invite', '--role', 'admin', ...person], { env });
  expect([again.code, again.stderr.includes('e-mail')]).toEqual([1, true]);
  const listed = await broker.cli(['operator', 'list', '--json'], { env });
  const { items } = JSON.parse(listed.stdout) as { items: object[] };
  expect(items).toMatchObject([
    { name: 'Erin', role: 'approver', state: 'active', passkeys: 1, invited_by: 'opr_host' },
    { name: 'Dana', role: 'admin', state: 'active', passkeys: 1, invited_by: null },
  ]);
});
