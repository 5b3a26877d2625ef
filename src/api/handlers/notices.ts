import { listChannels, sendTestNotice } from '../../broker/notices.ts';
import type { Handlers } from '../handler.ts';
import { pagedByName } from '../page.ts';
import * as present from '../present.ts';

export const noticesHandlers: Pick<Handlers, 'listChannels' | 'testChannels'> = {
  listChannels: async ({ broker, query }) =>
    pagedByName(
      await listChannels(broker),
      query,
      (row) => row.channel,
      (row) => ({
        channel: row.channel,
        waiting: row.waiting,
        given_up: row.givenUp,
        last_delivered_at: present.timeIf(row.lastDeliveredAt),
        last_error: row.lastError,
      }),
    ),
  testChannels: async ({ broker, principal }) => sendTestNotice(broker, principal),
};
