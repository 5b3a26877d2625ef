import { startOwnBroker } from './own-broker.ts';
import { startProduction } from './production.ts';
import { count } from './rows.ts';
import { startSandboxes } from './sandboxes.ts';
import type { Stage } from './stage.ts';
import type { Step } from './step.ts';
import { verifyAudit } from './steps/audit.ts';
import { closeInTheMiddle } from './steps/close.ts';
import { productionIsTheSame, sandboxIsGone } from './steps/gone.ts';
import { harden } from './steps/harden.ts';
import { refusedColumns, tryHarm } from './steps/harm.ts';
import { migrate, readChanges } from './steps/migration.ts';
import { applySample } from './steps/policy.ts';
import { getSandbox } from './steps/sandbox.ts';
import { buildTemplate, prepareSandboxes } from './steps/sandbox-server.ts';
import type { DemoAgent, LoggedIn, Story } from './steps/story-parts.ts';
import { askForMore, askForScope, openTask } from './steps/task.ts';
import { getLogin, readOrders } from './steps/work.ts';

/** The whole story, one line a step; each hands on what the next needs. */
export async function playStory(stage: Stage, step: Step): Promise<void> {
  const { story, agent, checksum } = await setUp(stage, step);
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
  await step('denied', 'It asks for a scope that no rule allows, and is offered others', (c) =>
    askForMore(c, agent, task),
  );
  const sandbox = await playSandbox(story, step, agent, task);
  await step('close', 'The task is closed in the middle of a running query', (c) =>
    closeInTheMiddle(c, story, { task, token, session }),
  );
  await step('gone', 'The sandbox is gone with it', (c) => sandboxIsGone(c, story, sandbox));
  await step('same', 'Production is the same, to the byte', (c) =>
    productionIsTheSame(c, story, checksum),
  );
  await step('audit', 'The audit chain is exported and verified offline', (c) =>
    verifyAudit(c, story, session.leaseId),
  );
}

/** What admins do, once: before any agent comes. */
async function setUp(
  stage: Stage,
  step: Step,
): Promise<{ readonly story: Story; readonly agent: DemoAgent; readonly checksum: string }> {
  const story = await begin(stage, step);
  const { broker, production } = story;
  const agent = await step('policy', 'An admin applies the sample policy', (c) =>
    applySample(c, story),
  );
  await step('harden', 'doctor looks at production, and its SQL is run there', (c) =>
    harden(c, broker, 'orders-db', production.superuser),
  );
  await step('sandboxes', 'The same for a third server, where agents may break things', (c) =>
    prepareSandboxes(c, story),
  );
  const checksum = await step(
    'template',
    'Production is copied there as a template, without its people',
    (c) => buildTemplate(c, story),
  );
  return { story, agent, checksum };
}

/** The agent that was refused takes up the offer. */
async function playSandbox(
  story: Story,
  step: Step,
  agent: DemoAgent,
  task: string,
): Promise<LoggedIn> {
  const sandbox = await step('sandbox', 'It takes the offer, and gets a clone of its own', (c) =>
    getSandbox(c, story, agent, task),
  );
  const migrated = await step('migration', 'There it does what production refused', (c) =>
    migrate(c, sandbox),
  );
  await step('changes', 'A person reads what it changed', (c) =>
    readChanges(c, story, sandbox, migrated),
  );
  return sandbox;
}

/** The three servers, at once: most of it is waiting for PostgreSQL to make its files. */
async function begin(stage: Stage, step: Step): Promise<Story> {
  const startingProduction = startProduction(stage);
  const [startingBroker, startingSandboxes] = [startOwnBroker(stage), startSandboxes(stage)];
  // Awaited later, by when the first may have failed.
  for (const starting of [startingBroker, startingSandboxes]) starting.catch(() => undefined);
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
  return { stage, production, broker, sandboxes: await startingSandboxes };
}
