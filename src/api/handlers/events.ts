import type { ServerResponse } from 'node:http';
import type { ConsoleEvent, EventHub } from '../../broker/event-hub.ts';
import { rateLimited } from '../../domain/errors.ts';
import type { Handlers } from '../handler.ts';

/** Open streams, of everybody and of one operator (a person with many tabs). */
const MOST = 200;
const MOST_OF_ONE = 10;
/** So that proxies keep the line, and a reader that went away is noticed. */
const BEAT_MS = 15_000;
/** A browser opens the next one by itself, and is asked again who it is: a removed operator hears no more. */
const LONGEST_MS = 60_000;
/** Bytes a slow reader may be behind. */
const MOST_BEHIND = 64 * 1024;

const open = new WeakMap<EventHub, Map<string, number>>();

/** Takes a place among the open streams. @throws rateLimited @returns gives it back */
function enter(hub: EventHub, operatorId: string): () => void {
  const counts = open.get(hub) ?? new Map<string, number>();
  open.set(hub, counts);
  const own = counts.get(operatorId) ?? 0;
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (own >= MOST_OF_ONE || total >= MOST) throw rateLimited(30);
  counts.set(operatorId, own + 1);
  return () => {
    const left = (counts.get(operatorId) ?? 1) - 1;
    if (left === 0) counts.delete(operatorId);
    else counts.set(operatorId, left);
  };
}

/** Server-sent events (WHATWG HTML §9.2) until either side ends it. */
function stream(hub: EventHub, response: ServerResponse): Promise<void> {
  response.setHeader('Content-Type', 'text/event-stream');
  response.setHeader('X-Accel-Buffering', 'no');
  response.write('retry: 3000\n\n');
  return new Promise((resolve) => {
    const send = (text: string) => {
      response.write(text);
      if (response.writableLength > MOST_BEHIND) response.destroy();
    };
    const tell = ({ kind, id }: ConsoleEvent) => {
      const data = { kind, ...(id === undefined ? {} : { id }) };
      send(`event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`);
    };
    const unsubscribe = hub.subscribe(tell, () => response.end());
    const beat = setInterval(() => send(': still here\n\n'), BEAT_MS);
    const over = setTimeout(() => response.end(), LONGEST_MS);
    response.once('close', () => {
      unsubscribe();
      clearInterval(beat);
      clearTimeout(over);
      resolve();
    });
  });
}

export const eventsHandlers: Pick<Handlers, 'events'> = {
  events: async ({ broker, principal, response }) => {
    const leave = enter(broker.events, principal.id);
    try {
      await stream(broker.events, response);
    } finally {
      leave();
    }
  },
};
