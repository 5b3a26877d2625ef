import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readBundleDirectory } from '../../src/policy/read-directory.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'policies-'));
  await mkdir(join(directory, 'rules'));
});
afterEach(() => rm(directory, { recursive: true }));

const write = (path: string, data: string | Uint8Array) => writeFile(join(directory, path), data);
const refused = (problem: object) =>
  expect.objectContaining({
    code: 'bundle_invalid',
    meta: { problems: [expect.objectContaining(problem)] },
  });

describe('reading a policy folder', () => {
  test('files by path; hidden ones and notes are left out', async () => {
    await write('rules/a.cedar', '// é');
    await write('groups.yaml', 'groups: {}');
    await write('README.md', '#');
    await write('.hidden', 'x');
    await mkdir(join(directory, '.git'));
    await write('.git/config', 'x');
    expect(await readBundleDirectory(directory)).toEqual({
      'groups.yaml': 'groups: {}',
      'rules/a.cedar': '// é',
    });
  });

  test('links to files are followed, as a mounted ConfigMap has them', async () => {
    await mkdir(join(directory, '..data'));
    await write('..data/groups.yaml', 'groups: {}');
    await symlink('..data/groups.yaml', join(directory, 'groups.yaml'));
    expect(await readBundleDirectory(directory)).toEqual({ 'groups.yaml': 'groups: {}' });
  });

  test('an unknown file is handed on, for the loader to refuse', async () => {
    await write('rules/a.rego', '');
    expect(Object.keys(await readBundleDirectory(directory))).toEqual(['rules/a.rego']);
  });

  test('a folder that is not there', async () => {
    await expect(readBundleDirectory(join(directory, 'none'))).rejects.toEqual(
      refused({ message: 'The policy folder cannot be read.' }),
    );
  });

  test('folders in folders, bytes that are no text, links to nowhere, too much', async () => {
    await mkdir(join(directory, 'rules', 'deep'));
    await expect(readBundleDirectory(directory)).rejects.toEqual(refused({ file: 'rules/deep' }));
    await rm(join(directory, 'rules', 'deep'), { recursive: true });
    await write('rules/a.cedar', new Uint8Array([0xff, 0xfe]));
    await expect(readBundleDirectory(directory)).rejects.toEqual(
      refused({ file: 'rules/a.cedar' }),
    );
    await write('rules/a.cedar', '/'.repeat(3_000_000));
    await expect(readBundleDirectory(directory)).rejects.toEqual(
      refused({ file: 'rules/a.cedar' }),
    );
    await rm(join(directory, 'rules/a.cedar'));
    await symlink('nowhere', join(directory, 'rules/b.cedar'));
    await expect(readBundleDirectory(directory)).rejects.toEqual(
      refused({ file: 'rules/b.cedar' }),
    );
  });
});
