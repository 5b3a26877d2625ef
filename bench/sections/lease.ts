import pg from 'pg';
import { openLeaseDesk } from '../broker/leases.ts';
import { figure, note, percentile } from '../report.ts';
import { randomVerifier } from '../scram.ts';
import type { Setting } from '../setting.ts';

const WARM_UP = 10;
const GROUP = 'bench_bare_group';

/**
 * One lease over HTTP, then the bare statement on the same server by the same admin, in turn: p50
 * over p50. The verifier is made before the clock starts, so the reference is the statement alone.
 */
export async function lease(setting: Setting): Promise<void> {
  const { samples } = setting.pace;
  const desk = await openLeaseDesk(setting, samples + WARM_UP);
  const admin = new pg.Client({ connectionString: desk.adminUrl });
  await admin.connect();
  await admin.query(`create role ${GROUP} nologin`);
  const issued: number[] = [];
  const bare: number[] = [];
  for (let index = 0; index < samples + WARM_UP; index += 1) {
    const { ms } = await desk.issue();
    const statement = bareStatement(`bench_bare_${index}`);
    const since = performance.now();
    await admin.query(statement);
    const bareMs = performance.now() - since;
    if (index < WARM_UP) continue;
    issued.push(ms);
    bare.push(bareMs);
  }
  for (let index = 0; index < samples + WARM_UP; index += 1) {
    await admin.query(`drop role bench_bare_${index}`);
  }
  await admin.query(`drop role ${GROUP}`);
  await admin.end();
  desk.close();
  const [ours, theirs] = [percentile(issued, 0.5), percentile(bare, 0.5)];
  note(`  issue p50 ${ours.toFixed(2)} ms, bare CREATE ROLE … IN ROLE p50 ${theirs.toFixed(2)} ms`);
  figure('lease_issue.ratio', ours / theirs, 'x');
}

function bareStatement(name: string): string {
  const until = new Date(Date.now() + 900_000).toISOString();
  return (
    `create role ${name} login password '${randomVerifier()}' valid until '${until}' ` +
    `connection limit 2 in role ${GROUP}`
  );
}
