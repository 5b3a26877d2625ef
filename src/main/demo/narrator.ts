import pc from 'picocolors';
import type { Narrator } from './step.ts';

type Write = (text: string) => void;

/** Lines and columns of what a step shows; `--json` has all of it. */
const MOST = { lines: 6, columns: 94 };

/** The story for people: numbered steps, a tick for each fact. */
export function textNarrator(write: Write, color: boolean): Narrator {
  const paint = pc.createColors(color);
  return {
    begin: (number, title) =>
      write(`\n${paint.bold(`${number}`.padStart(2))}  ${paint.bold(title)}\n`),
    fact: (text) => write(`    ${paint.green('✓')} ${text}\n`),
    show: (lines, most = MOST.lines) => {
      const rest = lines.length - most;
      const shown = [...lines.slice(0, most), ...(rest > 0 ? [`… and ${rest} more`] : [])];
      for (const line of shown)
        write(`      ${paint.dim(cut(line))}
`);
    },
    end: ({ problem }) => {
      if (problem !== undefined) write(`    ${paint.red('✗')} ${problem}\n`);
    },
  };
}

/** The story for programs: one JSON object a step, when it ends. */
export function jsonNarrator(write: Write): Narrator {
  const nothing = () => undefined;
  return {
    begin: nothing,
    fact: nothing,
    show: nothing,
    end: (record) => write(`${JSON.stringify(record)}\n`),
  };
}

function cut(line: string): string {
  return line.length > MOST.columns ? `${line.slice(0, MOST.columns - 1)}…` : line;
}
