import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const made: string[] = [];
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A fresh folder that goes with the test file. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'countersign-cli-'));
  made.push(path);
  return path;
}

/** A private file with that content. */
export function fileWith(text: string): string {
  const path = join(folder(), 'file');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

export function operatorFile(token = 'operator-token'): string {
  return fileWith(`${token}\n`);
}
