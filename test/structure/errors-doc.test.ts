import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderErrors } from '../../scripts/errors-doc.mjs';
import { ERRORS } from '../../src/contract/errors.ts';
import { ERROR_CODES } from '../../src/domain/error-codes.ts';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

test('docs/errors.md is what the table of errors says (node scripts/errors-doc.mjs writes it)', () => {
  expect(page).toBe(renderErrors(ERRORS));
});

test('every code that may leave the broker has a row', () => {
  expect(ERROR_CODES.length).toBeGreaterThan(30);
  expect(ERROR_CODES.filter((code) => !page.includes(`\n| \`${code}\` |`))).toEqual([]);
});

test('a row shows both statuses, the OAuth error and what to do, and keeps its columns', () => {
  const shape = { status: 403, oauthStatus: 400, oauthError: 'access_denied', retryable: false };
  const text = renderErrors({ made_up: { ...shape, title: 'A | B', next: 'Do this.' } });
  expect(text).toMatch(
    /\n\| `made_up` \| 403 \/ 400 \| `access_denied` \| no \| A \\\| B\. Do this\. \|\n$/,
  );
});
