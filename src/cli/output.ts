import pc from 'picocolors';
import { hasColor, type Terminal } from './terminal.ts';

export type Paint = ReturnType<typeof pc.createColors>;

/** Where a command's result and its asides go. */
export interface Output {
  /** `--json` was given: the result is one JSON document on stdout, asides are silent. */
  readonly json: boolean;
  readonly paint: Paint;
  /** The same for stderr, which may be a terminal where stdout is not. */
  readonly errorPaint: Paint;
  /** Columns to lay tables out in. */
  readonly width: number;
  /** The result: as JSON, or as the text `render` makes of it. */
  result(value: unknown, render: () => string): void;
  /** One record of a stream: a JSON line, or a line of text. */
  record(value: unknown, render: () => string): void;
  /** Something for the human beside the result, on stderr. */
  note(text: string): void;
}

/** Wide enough for two ids side by side when nobody says how wide the screen is. */
const DEFAULT_WIDTH = 120;

/** Output of one command on that terminal. Without a terminal there are no colours. */
export function createOutput(terminal: Terminal, json: boolean): Output {
  const { stdout, stderr } = terminal;
  const line = (text: string) => stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  return {
    json,
    paint: pc.createColors(hasColor(terminal, stdout)),
    errorPaint: pc.createColors(hasColor(terminal, stderr)),
    width: stdout.columns ?? DEFAULT_WIDTH,
    result: (value, render) => line(json ? JSON.stringify(value, null, 2) : render()),
    record: (value, render) => line(json ? JSON.stringify(value) : render()),
    note: (text) => {
      if (!json) stderr.write(`${text}\n`);
    },
  };
}
