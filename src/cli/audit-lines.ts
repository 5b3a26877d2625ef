import { failed } from './exit-code.ts';

const NEWLINE = 0x0a;
const MAX_LINE_BYTES = 2 * 1024 * 1024;

/**
 * Lines of an NDJSON stream as text, split at line feeds only: U+2028 and a lone CR may stand inside
 * a JSON string. `onChunk` sees every byte as it came.
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  onChunk: (chunk: Uint8Array) => Promise<void> | void = () => {},
): AsyncGenerator<string, void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    await onChunk(chunk);
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, start)) {
      yield rest.toString('utf8', start, end);
      start = end + 1;
    }
    rest = rest.subarray(start);
    if (rest.length > MAX_LINE_BYTES) throw failed('This is no audit export: a line has no end.');
  }
  if (rest.length > 0) yield rest.toString('utf8');
}
