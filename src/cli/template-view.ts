import { formatBytes } from '../domain/sizes.ts';
import type { Template } from '../contract/schemas/sandbox.ts';
import type { Output } from './output.ts';
import { printable } from './printable.ts';

/** `building shop: public.orders, 3 of 12 tables, 120000 rows` */
export function buildLine({ template, progress }: Template): string {
  if (!progress) return `building ${template}`;
  const { step, tables, tables_done: done, rows } = progress;
  const tableCount = tables > 0 ? `, ${done} of ${tables} tables, ${rows} rows` : '';
  return `building ${template}: ${printable(step)}${tableCount}`;
}

/** What a build came to: what was masked, and what is not in the template. */
export function describeTemplate(out: Output, one: Template): string {
  const { green, red, yellow, dim } = out.paint;
  const title = `${one.template} version ${one.version} of ${one.resource}`;
  const { report } = one;
  if (!report) return `${red(one.state)}  ${title}: ${printable(one.error ?? 'not built')}`;
  const masked = Object.entries(report.masked).map(
    ([column, mask]) => `  ${dim(mask.padEnd(5))} ${printable(column)}`,
  );
  const skipped = report.skipped.map(
    ({ what, why }) => `  ${yellow('not copied')}  ${printable(what)}: ${printable(why)}`,
  );
  return [
    `${green('ready')}  ${title}: ${report.tables} tables, ${report.rows} rows, ${formatBytes(report.bytes)}`,
    ...(masked.length > 0 ? ['masked:', ...masked] : ['nothing was masked']),
    ...skipped,
  ].join('\n');
}
