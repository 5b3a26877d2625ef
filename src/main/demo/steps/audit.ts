import { text } from 'node:stream/consumers';
import { parseHead } from '../../../audit/entry.ts';
import { createTextVerifier, type Verdict } from '../../../audit/verify.ts';
import type { Check } from '../check.ts';
import type { Story } from './story-parts.ts';

/** Verified from the export alone: no store, no broker, only a head that was kept outside. */
export async function verifyAudit(check: Check, story: Story, leaseId: string): Promise<void> {
  const { headers, body } = await story.broker.operator.stream('exportAudit');
  const head = headers.get('countersign-audit-head') ?? '';
  const lines = (await text(body)).trimEnd().split('\n');
  const verdict = verify(lines, head);
  check.that(
    verdict.ok && verdict.anchored,
    `${verdict.entries} entries, every link good, up to the head ${head.slice(0, 16)}… that the export named`,
    verdict.firstBad?.problem ?? 'not anchored',
  );
  const ofLease = lines.map((line) => JSON.parse(line) as { subject: string; action: string });
  const actions = ofLease.filter(({ subject }) => subject === leaseId).map(({ action }) => action);
  check.that(
    ['lease.issuing', 'lease.issued', 'lease.revoked'].every((one) => actions.includes(one)),
    `the login's life is in it: ${actions.join(', ')}`,
    actions.join(', '),
  );
  const at = Math.floor(lines.length / 2);
  const altered = lines.map((line, index) =>
    index === at ? line.replace(/"actor":"./, '"actor":"x') : line,
  );
  const bad = verify(altered, head).firstBad;
  check.that(
    bad?.seq === at + 1,
    `one letter changed in a copy: verify names entry ${bad?.seq}`,
    bad ? `entry ${bad.seq}` : 'nothing',
  );
}

function verify(lines: readonly string[], head: string): Verdict {
  const kept = parseHead(head);
  const verifier = createTextVerifier(kept ? { head: kept } : {});
  for (const line of lines) if (!verifier.push(line)) break;
  return verifier.finish();
}
