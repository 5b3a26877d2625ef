import { startOwnBroker } from './own-broker.ts';
import { startProduction } from './production.ts';
import { count } from './rows.ts';
import type { Stage } from './stage.ts';
import type { Step } from './step.ts';
import { verifyAudit } from './steps/audit.ts';
import { closeInTheMiddle } from './steps/close.ts';
import { harden } from './steps/harden.ts';
import { refusedColumns, tryHarm } from './steps/harm.ts';
import { applySample } from './steps/policy.ts';
import type { Story } from './steps/story-parts.ts';
import { askForMore, askForScope, openTask } from './steps/task.ts';
import { getLogin, readOrders } from './steps/work.ts';

/** The whole story, one line a step; each hands on what the next needs. */
export async function playStory(stage: Stage, step: Step): Promise<void> {
  const story = await begin(stage, step);
  const agent = await step('policy', 'An admin applies the sample policy', (c) =>
    applySample(c, story),
  );
  await step('harden', 'doctor looks at production, and its SQL is run there', (c) =>
    harden(c, story),
  );
  const task = await step('task', 'An operator opens a task for demo-agent, ticket OPS-12', (c) =>
    openTask(c, story, agent.id),
  );
  const token = await step('token', 'The agent continues it and asks for orders-db:read', (c) =>
    askForScope(c, story, agent, task),
  );
  const session = await step('login', 'It gets a database login of its own', (c) =>
    getLogin(c, story, token),
  );
  await step('read', 'It reads orders', (c) => readOrders(c, session));
  await step('column', 'What the scope leaves out stays closed', (c) => refusedColumns(c, session));
  await step('harm', 'It turns read-only mode off and tries to do harm', (c) =>
    tryHarm(c, story, session),
  );
  await step('denied', 'It asks for a scope that no rule allows', (c) =>
    askForMore(c, agent, task),
  );
  await step('close', 'The task is closed in the middle of a running query', (c) =>
    closeInTheMiddle(c, story, { task, token, session }),
  );
  await step('audit', 'The audit chain is exported and verified offline', (c) =>
    verifyAudit(c, story, session.leaseId),
  );
}

/** The two servers, at once: most of it is waiting for PostgreSQL to make its files. */
async function begin(stage: Stage, step: Step): Promise<Story> {
  const [startingProduction, startingBroker] = [startProduction(stage), startOwnBroker(stage)];
  // Awaited in the second step, by when the first may have failed.
  startingBroker.catch(() => undefined);
  const production = await step('production', 'A PostgreSQL server plays production', async (c) => {
    const started = await startingProduction;
    const { customers, orders, order_items } = started.rows;
    c.that(
      customers + orders + order_items >= 100_000,
      `PostgreSQL ${started.version}, database "shop": ${count(orders)} orders, ${count(order_items)} items, ${count(customers)} customers`,
    );
    return started;
  });
  const broker = await step('broker', 'A broker starts, with a store of its own', async (c) => {
    const started = await startingBroker;
    const { status } = await fetch(`${started.url}/readyz`);
    c.that(status === 200, `ready at ${started.url}`, `/readyz answers ${status}`);
    return started;
  });
  return { stage, production, broker };
}
