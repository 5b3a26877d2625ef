import type { Spinner } from 'yocto-spinner';
import type { Terminal } from './terminal.ts';

/** Nobody needs a spinner for less. */
const SHOW_AFTER_MS = 1000;

/** Tells the human what is being waited for. */
export type Report = (text: string) => void;

/**
 * Runs `work`, showing a spinner on stderr once it takes over a second. Only on a terminal: a log
 * file gets no animation.
 */
export async function withProgress<T>(
  terminal: Terminal,
  text: string,
  work: (report: Report) => Promise<T>,
): Promise<T> {
  if (!terminal.stderr.isTTY) return work(() => {});
  let shown = text;
  let spinner: Spinner | undefined;
  let over = false;
  const show = async () => {
    const { default: yoctoSpinner } = await import('yocto-spinner');
    const stream = terminal.stderr as NodeJS.WriteStream;
    if (!over) spinner = yoctoSpinner({ text: shown, stream }).start();
  };
  const timer = setTimeout(() => void show(), SHOW_AFTER_MS);
  try {
    return await work((next) => {
      shown = next;
      if (spinner) spinner.text = next;
    });
  } finally {
    over = true;
    clearTimeout(timer);
    spinner?.stop();
  }
}
