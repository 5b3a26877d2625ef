import { afterAll, beforeAll, expect, test } from 'vitest';
import { ASKED } from '../support/asked-bundle.ts';
import { approve, type Asking, deny, openAsking } from '../support/asking.ts';
import type { TestAgent } from '../support/broker.ts';
import { PATIENT } from '../standards/wire.ts';
import { fileWith } from './files.ts';
import { runCli } from './terminal.ts';

let asking: Asking;
let agent: TestAgent;
beforeAll(async () => {
  asking = await openAsking({ overrides: PATIENT });
  agent = await asking.agent();
});
afterAll(() => asking.stop());

const cli = (...argv: string[]) =>
  runCli(argv, {
    fetch: globalThis.fetch,
    environment: {
      url: asking.broker.url,
      agentId: agent.id,
      agentKeyFile: fileWith(JSON.stringify(agent.privateJwk)),
    },
  });
const MINT = ['token', 'mint', '--scope', ASKED] as const;

/** Asks, and reads what `--json` says about where it waits. */
async function pending() {
  const ran = await cli(...MINT, '--purpose', 'look', '--json');
  expect(ran).toMatchObject({ code: 4, stdout: '' });
  const { error } = JSON.parse(ran.stderr) as { error: Record<string, Record<string, unknown>> };
  const details = error['approval']?.['authorization_details'] as { task_id: string }[];
  return { id: String(error['approval']?.['approval_id']), task: details[0]?.task_id ?? '' };
}

test('a request that waits ends with 4 and says where; the same again has the token', async () => {
  const ran = await cli(...MINT, '--purpose', 'look');
  expect(ran.code).toBe(4);
  expect(ran.stderr).toMatch(
    /^pending: .*\nnext: People answer at http\S+\/console\/approvals\/apr_/,
  );
  const asked = await pending();
  await approve(asking.omar, [asked.id]);
  expect(await cli(...MINT, '--task', asked.task)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^eyJ/),
  });
});

test('--wait waits for the answer: yes, no, or none in time', async () => {
  const answer = async (how: (id: string) => Promise<unknown>) => {
    const ran = cli(...MINT, '--purpose', 'look', '--wait', '10m');
    await expect
      .poll(async () => {
        const list = await asking.ines.done('GET', '/v1/approvals?state=pending&limit=1');
        const [item] = list['items'] as { id: string; words: { purpose: string } }[];
        return item && (await how(item.id));
      })
      .toMatchObject({ status: 200 });
    return ran;
  };
  const list = await asking.ines.done('GET', '/v1/approvals?state=pending');
  for (const { id } of list['items'] as { id: string }[]) await deny(asking.ines, id);
  expect(await answer((id) => approve(asking.omar, [id]))).toMatchObject({ code: 0 });
  expect(await answer((id) => deny(asking.omar, id, 'no'))).toMatchObject({ code: 3, stdout: '' });
  const lease = ['lease', 'issue', '--scope', ASKED, '--purpose', 'x', '--wait', '1s'];
  expect(await cli(...lease)).toMatchObject({ code: 4, stdout: '' });
});

test('approval list, show and open read and never answer', async () => {
  const asked = await pending();
  const listed = await cli('approval', 'list', '--state', 'pending');
  expect(listed.stdout).toContain(asked.id);
  const shown = await cli('approval', 'show', asked.id);
  expect(shown.code).toBe(4);
  expect(shown.stdout).toContain("The agent's own words, which assert nothing:\n  purpose: look");
  expect(shown.stdout).toContain('0 of 1 of dba (one-reads-after-asking)');
  expect(shown.stdout).toContain(`"task":"${asked.task}"`);
  const opened = await cli('approval', 'open', asked.id);
  expect(opened.stdout).toBe(`${asking.broker.url}/console/approvals/${asked.id}\n`);
  await deny(asking.omar, asked.id, 'enough');
  const after = await cli('approval', 'show', asked.id);
  expect(after).toMatchObject({ code: 0, stdout: expect.stringContaining('deny: enough') });
});
