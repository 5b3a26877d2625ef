import pg from 'pg';
import type { Secret } from '../domain/secret.ts';
import type { Wakeups, WakeupTopic } from '../ports/wakeups.ts';
import { connectionConfig } from './pool.ts';
import { WAKEUP_CHANNEL } from './wakeup.ts';

/** Milliseconds until another try to listen, and the longest a waiter sleeps while nobody listens. */
const RETRY_MS = 500;

/** Listens on a connection of its own. While that is lost everybody who waits is woken to look. */
export function createWakeups(options: { readonly url: Secret }): Wakeups {
  const waiters = new Map<string, Set<() => void>>();
  const listeners = new Set<(topic: string | undefined) => void>();
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;

  const tell = (topic: string | undefined) => {
    const woken = topic === undefined ? [...waiters.values()] : [waiters.get(topic) ?? []];
    for (const set of woken) for (const resolve of [...set]) resolve();
    for (const listener of [...listeners]) listener(topic);
  };

  const lost = () => {
    client = undefined;
    if (stopping) return;
    // Whatever happens until we listen again is missed: those who wait look for themselves.
    tell(undefined);
    timer = setTimeout(() => void listen().catch(lost), RETRY_MS);
  };

  async function listen(): Promise<void> {
    const opened = await openListener(options.url, (topic) => tell(topic), lost);
    if (stopping) await opened.end();
    else client = opened;
    tell(undefined);
  }

  return {
    start: listen,
    wait: (topic, timeoutMs, signal) => waitIn(waiters, topic, timeoutMs, signal),
    listen: (onWake) => {
      listeners.add(onWake);
      return () => void listeners.delete(onWake);
    },
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      tell(undefined);
      await client?.end().catch(() => undefined);
    },
  };
}

function waitIn(
  waiters: Map<string, Set<() => void>>,
  topic: WakeupTopic,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const set = waiters.get(topic) ?? new Set();
    waiters.set(topic, set);
    const done = (woken: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      set.delete(onWake);
      if (set.size === 0 && waiters.get(topic) === set) waiters.delete(topic);
      resolve(woken);
    };
    const onWake = () => done(true);
    const onAbort = () => done(false);
    const timer = setTimeout(onAbort, timeoutMs);
    set.add(onWake);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}

async function openListener(
  url: Secret,
  onTopic: (topic: string) => void,
  onLost: () => void,
): Promise<pg.Client> {
  const client = new pg.Client({ ...connectionConfig(url), statement_timeout: 0 });
  let open = false;
  const once = () => {
    if (open) onLost();
    open = false;
  };
  client.on('error', once);
  client.on('notification', ({ payload }) => {
    if (payload) onTopic(payload);
  });
  try {
    await client.connect();
    await client.query(`listen ${WAKEUP_CHANNEL}`);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  open = true;
  client.on('end', once);
  return client;
}
