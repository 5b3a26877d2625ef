import { providerFailed } from '../../../../domain/errors.ts';
import type { SkippedObject } from '../../../../domain/template.ts';

const SHOWN = 12;

/** Everything that is wrong, in one text that stays readable. */
function list(problems: readonly string[]): string {
  const more = problems.length > SHOWN ? ` … and ${problems.length - SHOWN} more.` : '';
  return `${problems.slice(0, SHOWN).join(' ')}${more}`;
}

export function definitionWrong(problems: readonly string[]): Error {
  return providerFailed(
    'provider_misconfigured',
    `The template's definition does not fit its source: ${list(problems)}`,
  );
}

export function notMade(what: string, objects: readonly SkippedObject[]): Error {
  const texts = objects.map((one) => `${one.what}: ${one.why}.`);
  return providerFailed('provider_rejected', `${what} could not be made. ${list(texts)}`);
}

export function newerSource(source: number, server: number): Error {
  return providerFailed(
    'provider_misconfigured',
    `The source runs PostgreSQL ${source}, newer than the ${server} of the sandbox server. Upgrade that one first.`,
  );
}

export function rowsHidden(table: string): Error {
  return providerFailed(
    'provider_misconfigured',
    `Row security of ${table} hides rows from the source's admin, so that the copy would not be whole. Give that admin a policy that shows all rows, or BYPASSRLS.`,
  );
}
