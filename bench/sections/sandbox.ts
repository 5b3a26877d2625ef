import pg from 'pg';
import { mintOpening } from '../broker/work.ts';
import { load } from '../load.ts';
import { accessTokens } from '../load/tokens.ts';
import { figure, median, note, percentile } from '../report.ts';
import { SANDBOX_SCOPE, type SandboxGround, sandboxGround } from '../sandbox/ground.ts';
import type { Setting } from '../setting.ts';

const MEGABYTES = 100;
/** Clones take tenths of a second. */
const SHARE = 0.2;
const AT_ONCE = 10;
const CONCURRENCY = 64;

/**
 * A sandbox of a 100 MB template over HTTP and the bare `CREATE DATABASE` of the same template in turn: p50 over
 * p50. Then mints under load, by themselves and while ten sandboxes are asked for at once
 * of a server that stands aside.
 */
export async function sandbox(setting: Setting): Promise<void> {
  const ground = await sandboxGround(setting);
  await ground.fillSource('small', MEGABYTES);
  const { bytes } = await ground.build('small');
  note(`  the template takes ${(bytes / 2 ** 20).toFixed(0)} MB`);
  await cloneRatio(setting, ground);
  // From here on it stands for another machine: the store and the broker keep theirs.
  (await setting.sandboxes()).standAside();
  await mintRatio(setting, ground);
}

async function cloneRatio(setting: Setting, ground: SandboxGround): Promise<void> {
  const count = Math.ceil(setting.pace.samples * SHARE);
  const tokens = await tokensFor(ground, count);
  const template = await ground.databaseOf('small');
  const admin = new pg.Client({ connectionString: ground.adminUrl });
  await admin.connect();
  const [ours, bare]: [number[], number[]] = [[], []];
  for (const [index, token] of tokens.entries()) {
    let since = performance.now();
    const lease = await issue(ground, token);
    ours.push(performance.now() - since);
    since = performance.now();
    await admin.query(
      `create database bench_clone_${index} template ${template} strategy file_copy`,
    );
    bare.push(performance.now() - since);
    await admin.query(`drop database bench_clone_${index}`);
    await ground.ours.operator.call('DELETE', `/v1/leases/${lease}`);
  }
  await admin.end();
  const [mine, theirs] = [percentile(ours, 0.5), percentile(bare, 0.5)];
  note(`  sandbox p50 ${mine.toFixed(0)} ms, bare CREATE DATABASE p50 ${theirs.toFixed(0)} ms`);
  figure('sandbox_clone.ratio', mine / theirs, 'x');
}

async function mintRatio(setting: Setting, ground: SandboxGround): Promise<void> {
  const { broker, agents } = ground.ours;
  const { rounds, warmUpSeconds, seconds } = setting.pace;
  const job = { plan: mintOpening(broker, agents), concurrency: CONCURRENCY };
  const [alone, beside]: [number[], number[]] = [[], []];
  for (let round = 1; round <= rounds; round += 1) {
    alone.push((await load({ ...job, warmUpSeconds, seconds })).p99);
    const tokens = await tokensFor(ground, AT_ONCE);
    const loading = load({ ...job, warmUpSeconds, seconds });
    await new Promise((resolve) => setTimeout(resolve, warmUpSeconds * 1000 + 500));
    const leases = await Promise.all(tokens.map((token) => issue(ground, token)));
    beside.push((await loading).p99);
    for (const lease of leases) await ground.ours.operator.call('DELETE', `/v1/leases/${lease}`);
    note(
      `  mint p99 ${alone.at(-1)?.toFixed(0)} ms alone, ${beside.at(-1)?.toFixed(0)} ms beside ${AT_ONCE} sandboxes`,
    );
  }
  figure('sandbox.mint_p99_ratio', median(beside) / median(alone), 'x');
}

function tokensFor({ ours }: SandboxGround, count: number): Promise<string[]> {
  return accessTokens(mintOpening(ours.broker, ours.agents, SANDBOX_SCOPE), count);
}

async function issue({ ours }: SandboxGround, token: string): Promise<string> {
  const answer = await fetch(`${ours.broker.url}/v1/leases`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ scope: SANDBOX_SCOPE }),
  });
  const body = (await answer.json()) as { lease?: { id: string } };
  if (!body.lease) throw new Error(`no sandbox: ${answer.status} ${JSON.stringify(body)}`);
  return body.lease.id;
}
