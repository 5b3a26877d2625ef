import type { ServerResponse } from 'node:http';

/**
 * Streams lines (NDJSON), as fast as they are read on the other side. Stops asking for more when nobody
 * reads any longer.
 */
export async function writeLines(
  response: ServerResponse,
  pages: AsyncIterable<string>,
): Promise<void> {
  response.setHeader('Content-Type', 'application/x-ndjson');
  for await (const page of pages) {
    if (!response.write(page) && !response.destroyed) await drained(response);
    if (response.destroyed) return;
  }
  response.end();
}

/** Until more may be written, or nobody reads any more. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
}
