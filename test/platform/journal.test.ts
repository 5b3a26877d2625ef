import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal } from '../../src/platform/journal.ts';

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'journal-')), 'data');
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

const path = () => join(directory, 'journal.ndjson');
const open = () => openJournal(directory, () => 1_790_000_000_000);
const draft = (subject: string) =>
  ({ actor: 'opr_host', action: 'agent.suspended', subject, detail: { note: 'a\nb' } }) as const;
const subjects = (journal: ReturnType<typeof open>) =>
  journal.pending().map((each) => each.draft.subject);

describe('the journal', () => {
  it('keeps what it was given over a restart, in order, for this user only', () => {
    const journal = open();
    journal.append([draft('agt_1'), draft('agt_2')]);
    journal.append([draft('agt_3')]);
    expect(subjects(open())).toEqual(['agt_1', 'agt_2', 'agt_3']);
    expect(open().pending()[0]).toEqual({
      journaledAt: new Date(1_790_000_000_000).toISOString(),
      draft: draft('agt_1'),
    });
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });

  it('forgets the first ones after recovery, and only those', () => {
    const journal = open();
    journal.append([draft('agt_1'), draft('agt_2'), draft('agt_3')]);
    journal.clear(2);
    expect(subjects(journal)).toEqual(['agt_3']);
    expect(subjects(open())).toEqual(['agt_3']);
    journal.append([draft('agt_4')]);
    expect(subjects(open())).toEqual(['agt_3', 'agt_4']);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });

  it('drops a line that a crash cut short, wherever it was cut', () => {
    open().append([draft('agt_1')]);
    const whole = readFileSync(path());
    const line = `${JSON.stringify({ journaledAt: 'x', draft: draft('agt_2') })}\n`;
    for (let length = 1; length < line.length; length += 7) {
      writeFileSync(path(), Buffer.concat([whole, Buffer.from(line.slice(0, length))]));
      const journal = open();
      expect(subjects(journal)).toEqual(['agt_1']);
      journal.append([draft('agt_3')]);
      expect(subjects(open())).toEqual(['agt_1', 'agt_3']);
    }
  });

  it('survives a crash while clearing: the new file alone is not the journal', () => {
    open().append([draft('agt_1')]);
    writeFileSync(`${path()}.new`, '');
    expect(subjects(open())).toEqual(['agt_1']);
  });

  it('refuses to start on a whole line that is no entry, naming it', () => {
    open().append([draft('agt_1')]);
    for (const line of ['{"draft":{}}\n', 'x\n', '\n']) {
      const before = readFileSync(path());
      appendFileSync(path(), line);
      expect(open).toThrow(
        expect.objectContaining({ cause: expect.stringContaining('journal.ndjson:2') }),
      );
      writeFileSync(path(), before);
    }
  });

  it('is empty without a file, and makes its directory', () => {
    expect(open().pending()).toEqual([]);
    expect(existsSync(directory)).toBe(true);
  });

  it('fails loudly when it cannot write, and then holds nothing', () => {
    const journal = open();
    mkdirSync(path());
    expect(() => journal.append([draft('agt_1')])).toThrow(/EISDIR/);
    expect(journal.pending()).toEqual([]);
  });
});
