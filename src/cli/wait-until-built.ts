import { setTimeout as sleep } from 'node:timers/promises';
import type { Template } from '../contract/schemas/sandbox.ts';
import type { Client } from '../sdk/client.ts';
import { failed } from './exit-code.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Asks how a build goes until it is over.
 * @param report told every answer
 * @throws where it takes longer than `timeoutMs`; the build goes on
 */
export async function waitUntilBuilt(
  client: Client,
  begun: Template,
  timeoutMs: number,
  report: (now: Template) => void,
): Promise<Template> {
  const deadline = performance.now() + timeoutMs;
  const params = { name: begun.resource };
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const { items } = await client.call('listTemplates', { params, query: { limit: 200 } });
    const now = items.find(({ id }) => id === begun.id) ?? begun;
    if (now.state !== 'building') return now;
    report(now);
    if (performance.now() + pause > deadline) {
      throw failed(
        `${begun.template} is still being built.`,
        `countersign sandbox list ${begun.resource}`,
      );
    }
    await sleep(pause);
  }
}
