import type { OutboundFetch } from '../ports/single-sign-on.ts';
import { checkedAddress, pinnedTo, withinTime } from './http-client.ts';
import { parseTarget } from './outbound-target.ts';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 262_144;

/**
 * `fetch` under the "Network" rules: every address of the name is checked and the connection goes to a
 * checked one, no redirect is followed, no proxy variable is read, time and size are bounded.
 *
 * @throws Error that names what is wrong with the target, never what was sent
 */
export function createOutboundFetch(networkAllow: readonly string[]): OutboundFetch {
  return async (text, { method, headers, body }) => {
    const url = parseTarget(text, networkAllow);
    if ('problem' in url) throw new Error(url.problem);
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const address = await withinTime(signal, checkedAddress(url, { networkAllow }));
    if ('problem' in address) throw new Error(address.problem);
    // Loaded when first needed, as everywhere.
    const { Client } = await import('undici');
    const connect = { lookup: pinnedTo(address), timeout: TIMEOUT_MS };
    const client = new Client(url.origin, { connect, maxResponseSize: MAX_BYTES, pipelining: 0 });
    try {
      const answer = await client.request({
        method: method === 'POST' ? 'POST' : 'GET',
        path: `${url.pathname}${url.search}`,
        headers: { ...headers, 'accept-encoding': 'identity' },
        ...(body === undefined ? {} : { body }),
        signal,
      });
      const type = answer.headers['content-type'];
      return new Response(await answer.body.text(), {
        status: answer.statusCode,
        headers: type === undefined ? {} : { 'content-type': String(type) },
      });
    } finally {
      await client.destroy();
    }
  };
}
