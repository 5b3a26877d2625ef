import { createAgentSession } from '../../../sdk/agent-session.ts';
import type { Client } from '../../../sdk/client.ts';
import { generateAgentKey } from '../../../sdk/generate-key.ts';
import type { Check } from '../check.ts';
import { sampleBundle } from '../sample-bundle.ts';
import type { DemoAgent, Story } from './story-parts.ts';

const NAME = 'demo-agent';
/** As resources/orders-db.yaml names it. */
const ADMIN_URL = 'orders-db/admin-url';

/** The sample bundle with a fresh public key for the agent, and the root credential, sealed. */
export async function applySample(check: Check, story: Story): Promise<DemoAgent> {
  const { operator, url } = story.broker;
  const { privateJwk, publicJwk } = generateAgentKey();
  const files = await sampleBundle(NAME, publicJwk);
  const { version, tests } = await operator.call('storeBundle', { body: { files, note: 'demo' } });
  await operator.call('activateBundle', { params: { version: String(version) } });
  check.that(
    tests.failed === 0 && tests.passed > 0,
    `bundle ${version} is active; its ${tests.passed} tests passed`,
    `${tests.failed} failed`,
  );
  await sealRoot(check, operator, ADMIN_URL, story.production.adminUrl);
  const { id, teams } = await operator.call('getAgent', { params: { id: NAME } });
  check.that(teams.includes('support'), `${NAME} is ${id}, in team ${teams.join(', ')}`);
  return { id, session: createAgentSession({ url, agentId: id, privateKey: privateJwk }) };
}

/** Hands the broker a root credential, as `countersign secret set` does. */
export async function sealRoot(
  check: Check,
  operator: Client,
  name: string,
  value: string,
): Promise<void> {
  await operator.call('setSecret', { params: { name }, body: { value } });
  const { items } = await operator.call('listSecrets');
  const sealed = items.some((secret) => secret.name === name);
  check.that(sealed, `the root credential ${name} is sealed, never shown again`);
}
