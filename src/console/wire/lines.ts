import type { Route } from '../../contract/route.ts';
import { ROUTES } from '../../contract/routes.ts';
import type { CallArguments, StreamId } from '../../sdk/call-types.ts';
import type { UntypedCall } from '../../sdk/request-of.ts';
import type { Limits } from '../../sdk/transport.ts';
import { askForStream } from './call.ts';

/**
 * The lines (NDJSON) of an operation that streams, each as soon as it is there.
 * @throws CountersignError
 */
export async function* lines<K extends StreamId>(
  operation: K,
  ...args: CallArguments<K>
): AsyncGenerator<unknown, void> {
  const route: Route = ROUTES[operation];
  const options = (args[0] ?? {}) as UntypedCall & Limits;
  const { body } = await askForStream(route, options);
  if (!body) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value = '' } = await reader.read();
    const parts = (rest + value).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) yield JSON.parse(part) as unknown;
    if (done) return;
  }
}
