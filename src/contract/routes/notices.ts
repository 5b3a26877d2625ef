import { ADMIN, route } from '../route.ts';
import { PageQuery, pageOf } from '../schemas/base.ts';
import * as notices from '../schemas/notices.ts';

/** Ways to reach people outside the console. */
export const NOTICES_ROUTES = {
  listChannels: route({
    method: 'GET',
    path: '/v1/notification-channels',
    caller: 'operator',
    summary: 'List the ways to reach people that are set up, and how they do',
    query: PageQuery,
    status: 200,
    response: pageOf(notices.Channel),
  }),
  testChannels: route({
    method: 'POST',
    path: '/v1/notification-channels/test',
    caller: 'operator',
    roles: ADMIN,
    summary: 'Send a test notice through every channel',
    status: 204,
  }),
} as const;
