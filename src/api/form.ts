import { invalidRequest } from '../domain/errors.ts';

const MOST_PARAMETERS = 40;

/**
 * A form (RFC 6749 §3.2, application/x-www-form-urlencoded): each parameter once (row T1), empty ones
 * count as absent (row T2). Stricter than URLSearchParams, which reads `%zz` as it stands and `%ff` as
 * U+FFFD where another reader would not.
 *
 * @returns the parameters by name
 * @throws invalidRequest
 */
export function parseForm(text: string): Map<string, string> {
  const form = new Map<string, string>();
  const pairs = text.split('&', MOST_PARAMETERS + 1);
  if (pairs.length > MOST_PARAMETERS) throw invalidRequest('Too many parameters.');
  for (const pair of pairs) {
    if (pair === '') continue;
    const mark = pair.indexOf('=');
    const name = decoded(mark < 0 ? pair : pair.slice(0, mark));
    if (form.has(name)) throw repeated(name);
    form.set(name, mark < 0 ? '' : decoded(pair.slice(mark + 1)));
  }
  for (const [name, value] of form) if (value === '') form.delete(name);
  return form;
}

/** One name or value of a form as text; undefined where an escape is no UTF-8. */
export function decodeFormText(text: string): string | undefined {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function decoded(text: string): string {
  const plain = decodeFormText(text);
  if (plain === undefined) throw invalidRequest('The form has an escape that is no UTF-8.');
  return plain;
}

function repeated(name: string) {
  const shown = /^[a-z_]{1,40}$/.test(name) ? name : 'a parameter';
  return invalidRequest(`${shown} was sent more than once.`, shown);
}
