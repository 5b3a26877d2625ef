import type { WakeupTopic } from '../ports/wakeups.ts';
import { send, type Tx } from './pool.ts';

export const WAKEUP_CHANNEL = 'countersign_wakeups';

const WAKE = {
  name: 'wake',
  text: `select pg_notify('${WAKEUP_CHANNEL}', topic) from unnest($1::text[]) as t(topic)`,
};

/** Wakes whoever waits for one of these, when and only if the transaction commits. */
export function wake(tx: Tx, topics: readonly WakeupTopic[]): void {
  if (topics.length > 0) send(tx, WAKE, [topics]);
}
