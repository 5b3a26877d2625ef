import type { Verdict } from '../audit/verify.ts';
import type { AuditEntry } from '../contract/schemas/operate.ts';
import type { Output } from './output.ts';
import { printable } from './printable.ts';

/** One entry as one line: number, time, what happened, by whom, to what, and the facts. */
export function entryLine(out: Output, entry: AuditEntry): string {
  const { dim, cyan } = out.paint;
  const time = `${entry.time.slice(0, 10)} ${entry.time.slice(11, 19)}Z`;
  const head = [
    dim(`${entry.seq}`.padStart(6)),
    dim(time),
    cyan(printable(entry.action).padEnd(23)),
    printable(entry.actor),
    dim('→'),
    printable(entry.subject),
  ].join(' ');
  const facts = factsOf(entry.detail);
  return facts ? `${head}  ${dim(facts)}` : head;
}

/** `name=value` of what is not sealed, short enough for one line. */
function factsOf(detail: Readonly<Record<string, unknown>>): string {
  const text = Object.entries(detail)
    .map(([name, value]) => {
      if (name === 'sealed') return 'sealed';
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      // A digest is recognised by its beginning; --json has all of it.
      return `${name}=${text.replace(/[0-9a-f]{40,}/g, (digest) => `${digest.slice(0, 12)}…`)}`;
    })
    .join(' ');
  return printable(text.length > 160 ? `${text.slice(0, 159)}…` : text);
}

/** What a verification found, in words. */
export function verdictText(out: Output, verdict: Verdict): string {
  const { red, green, yellow } = out.paint;
  const head = `head ${verdict.head.seq}:${verdict.head.hash}`;
  if (verdict.firstBad) {
    const { seq, problem } = verdict.firstBad;
    return `${red('BROKEN')}  record ${seq}: ${printable(problem)}\n${verdict.entries} good entries before it, ${head}`;
  }
  const state = verdict.anchored
    ? green('the head kept outside is in the chain')
    : yellow('internally consistent, not anchored');
  const signed = verdict.signatures ? `, ${verdict.signatures} signatures of approvals good` : '';
  return `${green('OK')}  ${verdict.entries} entries${signed}: ${state}\n${head}`;
}
