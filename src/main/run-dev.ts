import { issueSetUpLink } from '../broker/links.ts';
import { printable } from '../cli/printable.ts';
import type { Config } from '../platform/config/config.ts';
import { lockDataDir } from '../platform/embedded-postgres/data-dir-lock.ts';
import { createLogger } from '../platform/logger.ts';
import { type Applied, applyPolicies } from './apply-policies.ts';
import { type Composed, compose } from './compose.ts';
import { type EmbeddedStore, startEmbeddedStore } from './embedded-store.ts';
import { settingsFor } from './settings.ts';
import { explainListenError, untilSignal } from './until-signal.ts';
import { watchPolicies } from './watch-policies.ts';

/**
 * `countersign dev`: everything on embedded defaults, until Ctrl-C. Makes the data directory, the
 * master key and the store where they are missing, and applies the policy folder whenever it changes.
 */
export async function runDev(): Promise<void> {
  const { config, notices, described } = settingsFor('dev');
  const level = described.find(({ name }) => name === 'COUNTERSIGN_LOG_LEVEL')?.from;
  const log = createLogger({ level: level === 'default' ? 'warn' : config.logLevel });
  for (const notice of notices) say(notice);
  const stopped = untilSignal();
  // The embedded store locks the directory itself.
  const release = config.databaseUrl ? await lockDataDir(config.dataDir) : undefined;
  const store = config.databaseUrl ? undefined : await startEmbeddedStore(config.dataDir);
  let composed: Composed | undefined;
  try {
    composed = await compose({ ...config, databaseUrl: store?.url ?? config.databaseUrl }, log);
    await serveUntil(composed, config, store, stopped);
  } catch (error) {
    await composed?.stop().catch(() => undefined);
    throw explainListenError(error, config.http.port);
  } finally {
    await store?.stop();
    await release?.();
  }
}

async function serveUntil(
  composed: Composed,
  config: Config,
  store: EmbeddedStore | undefined,
  stopped: Promise<NodeJS.Signals>,
): Promise<void> {
  const { broker } = composed;
  await composed.start();
  report(await applyPolicies(broker, config.policies), config);
  const head = await broker.auditLog.head();
  say(welcome(config, store, `${head.seq}:${head.hash}`));
  say(await invitation(broker));
  const watching = watchPolicies(broker, config.policies, (applied) => report(applied, config));
  await stopped;
  watching.close();
  say('Stopping …');
  const last = await composed.stop();
  if (last) say(`Audit head: ${last}`);
}

function report(applied: Applied, { policies: directory, http }: Config): void {
  if (applied.kind === 'applied')
    say(`Policy: version ${applied.version} is active (${directory}).`);
  if (applied.kind === 'unchanged')
    say(`Policy: version ${applied.version}, unchanged (${directory}).`);
  if (applied.kind === 'staged') {
    const { version, approvalId, widens } = applied;
    say(
      [
        `Policy: version ${version} widens a protected environment and waits for an admin: ${http.issuer}/console/approvals/${approvalId}`,
        ...widens.map(printable),
      ].join('\n  '),
    );
  }
  if (applied.kind === 'refused') {
    say(['Policy refused; what was active stays:', ...applied.problems].join('\n  '));
  }
}

function welcome(config: Config, store: EmbeddedStore | undefined, head: string): string {
  const { issuer } = config.http;
  const where = store
    ? `PostgreSQL on 127.0.0.1:${store.port}, in ${config.dataDir}`
    : 'DATABASE_URL';
  return `
Countersign is ready at ${issuer}

  Store        ${where}
  API          ${issuer}/openapi.json
  Health       ${issuer}/readyz
  Audit head   ${head}

Next, in another terminal:
  npm run demo                                              the whole story on real parts
  npx countersign operator token --role admin --out op.token   a short-lived operator token
  npx countersign --help                                    everything else
`;
}

/** The way in for people: the set-up link while nobody ever came in, else the console. */
async function invitation(broker: Composed['broker']): Promise<string> {
  const ending = 'Ctrl-C stops everything.';
  if (broker.passkeys.problem !== undefined) return `${broker.passkeys.problem}\n\n${ending}`;
  const link = await issueSetUpLink(broker);
  if (!link) return `Sign in at ${broker.issuer}/console/\n\n${ending}`;
  const minutes = Math.round((link.expiresAt - broker.clock.now()) / 60_000);
  return `You are the first: open this within ${minutes} minutes, once, and register a passkey as admin.
  ${link.url.reveal()}

${ending}`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
