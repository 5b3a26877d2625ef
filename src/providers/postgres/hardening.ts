import type { ProbeReport } from '../../ports/provider.ts';

function comment(text: string): string {
  // A name in the text may hold a line break: nothing of it may leave the comment.
  return `-- ${text.replace(/[\r\n\u2028\u2029]+/g, ' ')}`;
}

/**
 * One script out of the findings of a report, to be run by a superuser (or, statement by statement, by
 * who each comment names) while connected to the resource's database. Empty when there is nothing to run.
 */
export function hardeningSql(report: ProbeReport): string {
  const lines = report.findings
    .filter((finding) => finding.sql.length > 0)
    .flatMap((finding) => [
      '',
      comment(`${finding.id} (${finding.severity}): ${finding.message}`),
      ...finding.sql.map((statement) => `${statement};`),
    ]);
  if (lines.length === 0) return '';
  return ['BEGIN;', ...lines, '', 'COMMIT;', ''].join('\n');
}
