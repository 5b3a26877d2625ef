import { isBrokerError } from '../../../domain/errors.ts';
import { failureCode } from '../failures.ts';

/** Classes of SQLSTATE whose texts name things of the catalog and no data of anybody's rows. */
const NAMING = /^(42|0A|3F|3D|23|40|55P03|57014|25006)/;

/**
 * Why a server refused a statement, as a sentence that is safe to show: of its own words only those that name
 * no data.
 * @returns undefined where it was not the statement that was refused
 */
export function refusalSentence(error: unknown): string | undefined {
  if (isBrokerError(error)) return error.code === 'provider_rejected' ? error.detail : undefined;
  const code = failureCode(error);
  if (!/^[0-9A-Z]{5}$/.test(code) || /^(08|53|57P|58|XX|E)/.test(code)) return undefined;
  const words = error instanceof Error && NAMING.test(code) ? error.message.slice(0, 300) : '';
  return `The database refused it (SQLSTATE ${code})${words === '' ? '.' : `: ${words}`}`;
}
