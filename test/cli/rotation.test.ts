import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningBroker, startBroker } from './broker.ts';

let broker: RunningBroker;
beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.remove());

async function kids(): Promise<string[]> {
  const answer = await fetch(`${broker.url}/.well-known/jwks.json`);
  return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
}

test('key rotate publishes a successor; --emergency leaves that one key alone', async () => {
  const [first] = await kids();
  const planned = await broker.cli(['key', 'rotate']);
  expect(planned).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/is published; it signs/),
  });
  await expect.poll(kids).toHaveLength(2);
  expect((await broker.cli(['key', 'rotate'])).code).toBe(1);
  const emergency = await broker.cli(['key', 'rotate', '--emergency', '--json']);
  const { kid, removed } = JSON.parse(emergency.stdout) as { kid: string; removed: string[] };
  expect(removed).toHaveLength(2);
  expect(removed).toContain(first);
  await expect.poll(kids).toEqual([kid]);
});

test('master-key rotate moves everything; without the old key it moves nothing', async () => {
  const file = join(broker.home, 'next.key');
  writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600 });
  const alone = { COUNTERSIGN_MASTER_KEY_FILE: file };
  const refused = await broker.cli(['master-key', 'rotate'], { env: alone });
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('does not hold') });
  const both = {
    ...alone,
    COUNTERSIGN_MASTER_KEY_PREVIOUS_FILE: join(broker.home, 'data', 'master.key'),
  };
  const rotated = await broker.cli(['master-key', 'rotate', '--json'], { env: both });
  expect(JSON.parse(rotated.stdout)).toMatchObject({ rewrapped: expect.any(Number) });
  const doctor = await broker.cli(['doctor'], { env: alone });
  expect(doctor.stdout).toMatch(/ok {4}The master key [0-9a-f]{16} is 0 days old/);
  // The broker that runs was not given the new key, and says so.
  await expect
    .poll(async () => (await fetch(`${broker.url}/readyz`)).text())
    .toContain('which this process does not hold');
});
