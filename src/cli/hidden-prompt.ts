import { usedWrongly } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const BACKSPACE = /[\u0008\u007f]/;

/** Asks on the terminal without echo; Enter ends it, Ctrl-C gives up. */
export function promptHidden(terminal: Terminal, question: string): Promise<string> {
  const { stdin, stderr } = terminal;
  stderr.write(question);
  stdin.setRawMode?.(true);
  stdin.setEncoding('utf8');
  return new Promise<string>((resolve, reject) => {
    let typed = '';
    const end = (settle: () => void) => {
      stdin.off('data', onData);
      stdin.setRawMode?.(false);
      stdin.pause();
      stderr.write('\n');
      settle();
    };
    const onData = (chunk: string) => {
      for (const character of chunk) {
        if (character === CTRL_C) return end(() => reject(usedWrongly('Nothing was set.')));
        if (/[\r\n]/.test(character) || character === CTRL_D) return end(() => resolve(typed));
        typed = BACKSPACE.test(character)
          ? Array.from(typed).slice(0, -1).join('')
          : typed + character;
      }
    };
    stdin.on('data', onData);
    stdin.resume();
  });
}
