import pg from 'pg';
import type { Secret } from '../domain/secret.ts';
import type { Feed, FeedEvent } from '../ports/feed.ts';
import { FEED_CHANNEL } from './feed-event.ts';
import { createFeedReader } from './feed-reader.ts';
import { connectionConfig, type Pool } from './pool.ts';

export interface FeedOptions {
  readonly url: Secret;
  readonly pool: Pool;
  readonly pollMs: number;
  readonly monotonic: () => number;
  /** Told the database time at every read, for the broker's clock. */
  readonly onDatabaseTime: (unixMs: number) => void;
}

/**
 * Reads the feed table by number; NOTIFY only wakes the reader, so a lost notification costs one
 * poll interval at most. The age counts from the start of the last complete read.
 */
export function createFeed(options: FeedOptions): Feed {
  let handler: (event: FeedEvent) => void = () => undefined;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let listener: pg.Client | undefined;
  const reader = createFeedReader({ ...options, onEvent: (event) => handler(event) });

  async function listen(): Promise<void> {
    listener = await openListener(options.url, {
      onNotice: () => void reader.catchUp().catch(() => undefined),
      onLost: () => {
        listener = undefined;
      },
    });
  }

  async function poll(): Promise<void> {
    try {
      if (!listener) await listen();
      await reader.catchUp();
    } catch {
      // The age grows, and past 2 s everything refuses: nothing else to do here but try again.
    }
    if (!stopping) timer = setTimeout(() => void poll(), options.pollMs);
  }

  return {
    start: async (onEvent) => {
      handler = onEvent;
      await listen();
      await reader.catchUp();
      timer = setTimeout(() => void poll(), options.pollMs);
    },
    ageMs: () => options.monotonic() - reader.freshAt(),
    catchUp: () => reader.catchUp(),
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      await reader.catchUp().catch(() => undefined);
      await listener?.end().catch(() => undefined);
    },
  };
}

async function openListener(
  url: Secret,
  on: { onNotice: () => void; onLost: () => void },
): Promise<pg.Client> {
  const client = new pg.Client({ ...connectionConfig(url), statement_timeout: 0 });
  client.on('error', on.onLost);
  client.on('end', on.onLost);
  client.on('notification', on.onNotice);
  await client.connect();
  await client.query(`listen ${FEED_CHANNEL}`);
  return client;
}
