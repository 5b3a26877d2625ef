import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { internal } from '../domain/errors.ts';
import type { Journal } from '../ports/audit-log.ts';

type Pending = ReturnType<Journal['pending']>[number];

/**
 * Entries that could not be appended to the chain, kept on this disk until they can: a narrowing is
 * done whether or not the store takes its entry. One JSON object a line, flushed to the disk before
 * `append` returns, readable by the broker's user only.
 *
 * A crash between the append to the chain and `clear` lets an entry be appended twice: a repeated
 * record of a narrowing is harmless, a lost one is not.
 *
 * @param nowMs for `journaledAt`: the broker's clock, since the store's cannot be asked
 * @throws internal() when the file cannot be read or holds a line that is no entry
 */
export function openJournal(dataDir: string, nowMs: () => number): Journal {
  const path = join(dataDir, 'journal.ndjson');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  let pending: readonly Pending[] = readPending(path);
  return {
    append(drafts) {
      const journaledAt = new Date(nowMs()).toISOString();
      const added = drafts.map((draft) => ({ journaledAt, draft }));
      const isNew = !existsSync(path);
      writeDurably(path, 'a', added);
      if (isNew) syncDirectory(path);
      pending = [...pending, ...added];
    },
    pending: () => pending,
    clear(count) {
      const rest = pending.slice(count);
      // A new file in place of the old one: a crash leaves either, never half of one.
      writeDurably(`${path}.new`, 'w', rest);
      renameSync(`${path}.new`, path);
      syncDirectory(path);
      pending = rest;
    },
  };
}

function readPending(path: string): Pending[] {
  if (!existsSync(path)) return [];
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf(0x0a) + 1;
  // What follows the last line feed was being written when the process died, and nobody was told
  // that it is kept.
  if (end < bytes.length) truncateSync(path, end);
  const lines = bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1);
  return lines.map((line, index) => readLine(line, `${path}:${index + 1}`));
}

function readLine(line: string, place: string): Pending {
  try {
    const { journaledAt, draft } = JSON.parse(line) as Partial<Pending>;
    if (typeof journaledAt === 'string' && typeof draft?.action === 'string') {
      return { journaledAt, draft };
    }
  } catch {
    // Said below, in one way for every line that is no entry.
  }
  throw internal(`${place} is not an entry of the journal: look at the file before starting again`);
}

function writeDurably(path: string, flag: 'a' | 'w', records: readonly Pending[]): void {
  const file = openSync(path, flag, 0o600);
  const before = fstatSync(file).size;
  try {
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } catch (cause) {
    // Half a line would spoil the next one.
    ftruncateSync(file, before);
    throw internal(cause);
  } finally {
    closeSync(file);
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
