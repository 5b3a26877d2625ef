import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Every Markdown page of the repository: those at the top, and those below docs. */
const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');

/** What a page points to and is not there: relative links, and paths of sources written as code. */
function dangling(page: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => to);
  const wrong = links.filter((to) => {
    if (/^[a-z]+:/.test(to)) return false;
    const [path = '', anchor] = to.split('#');
    const target = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
  });
  const paths = [...text.matchAll(/`((?:src|test|docs|policies|scripts)\/[\w./-]*)`/g)];
  const missing = paths
    .map(([, path = '']) => path)
    .filter((path) => !existsSync(join(ROOT, path)));
  return [...wrong, ...missing];
}

/** As the usual renderers make them of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('there are pages', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', join('docs', 'architecture.md')]));
});

test.each(pages)('%s points to nothing that is not there', (page) => {
  expect(dangling(page, read(page))).toEqual([]);
});

test('a dangling link, anchor or path is found', () => {
  const text =
    'See [a](nowhere.md), [b](README.md#nothing-such), `src/none.ts`; not [c](README.md#figures).';
  expect(dangling('README.md', text)).toEqual([
    'nowhere.md',
    'README.md#nothing-such',
    'src/none.ts',
  ]);
});

test('the security model points every promise to tests', () => {
  const rows = read('docs/security-model.md').match(/^\| \d+ \|.*$/gm) ?? [];
  expect(rows.length).toBeGreaterThanOrEqual(10);
  expect(rows.filter((row) => !/`test\/[\w/-]+\.test\.ts`/.test(row))).toEqual([]);
});
