import { CountersignError } from '../../../sdk/error.ts';
import { type Check, refusal } from '../check.ts';
import type { DemoAgent, Story, TaskToken } from './story-parts.ts';

const TICKET = 'OPS-12';

/** Only an operator can vouch for a ticket: what an agent says about itself opens nothing. */
export async function openTask(check: Check, story: Story, agentId: string): Promise<string> {
  const task = await story.broker.operator.call('openTask', {
    body: { agent: agentId, purpose: 'Which refunds are still due?', ticket: TICKET },
  });
  const minutes = Math.round((Date.parse(task.expires_at) - Date.parse(task.created_at)) / 60_000);
  check.that(
    task.verified_ticket === TICKET && task.state === 'open',
    `${task.id}, verified ticket ${task.verified_ticket}, open for ${minutes} min`,
  );
  return task.id;
}

export async function askForScope(
  check: Check,
  story: Story,
  { session }: DemoAgent,
  taskId: string,
): Promise<TaskToken> {
  const minted = await session.mintToken({
    scopes: ['orders-db:read'],
    task: { task_id: taskId },
  });
  check.that(
    minted.scope === 'orders-db:read' && minted.task_id === taskId && minted.expires_in <= 900,
    `a token for ${minted.scope} that lives ${Math.round(minted.expires_in / 60)} min`,
    `${minted.scope}, ${minted.expires_in} s`,
  );
  const grants = await story.broker.operator.call('listGrants', { query: { task: taskId } });
  const rules = grants.items.flatMap((grant) => grant.rules);
  check.that(
    rules.length === 1 && rules[0] === 'support-reads-production',
    `allowed by the rule ${rules.join(', ')}`,
    rules.join(', '),
  );
  return { client: session.client(minted.access_token) };
}

const WANTED = 'orders-db-staging:write';

/** A refusal says which rule, and what may be asked for instead. */
export async function askForMore(
  check: Check,
  { session }: DemoAgent,
  taskId: string,
): Promise<void> {
  const refused = await refusal(
    WANTED,
    session.mintToken({ scopes: [WANTED], task: { task_id: taskId } }),
  );
  check.that(
    refused.code === 'access_denied',
    `denied: ${refused.message}`,
    `${refused.code} ${refused.message}`,
  );
  const hint = refused.error instanceof CountersignError ? refused.error.hint : undefined;
  const instead = hint?.alternatives ?? [];
  check.that(
    instead.includes('orders-db:read') && !instead.includes(WANTED),
    `it may ask for: ${instead.join(', ')}`,
    JSON.stringify(hint),
  );
  if (hint?.how) check.show([hint.how]);
}
