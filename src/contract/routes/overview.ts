import { route } from '../route.ts';
import { RevocationTarget } from '../schemas/operate.ts';
import * as overview from '../schemas/overview.ts';

/** Reads for people who look at the whole. */
export const OVERVIEW_ROUTES = {
  overview: route({
    method: 'GET',
    path: '/v1/overview',
    caller: 'operator',
    summary: 'What is alive now, and what happened in the last 24 hours',
    status: 200,
    response: overview.Overview,
  }),
  taskStory: route({
    method: 'GET',
    path: '/v1/tasks/:id/story',
    caller: 'operator',
    summary: 'Everything that happened under a task, oldest first',
    status: 200,
    response: overview.TaskStory,
  }),
  events: route({
    method: 'GET',
    path: '/v1/events',
    caller: 'operator',
    summary:
      'Server-sent events: `event` says what kind of thing changed, `data` is {kind, id?}. Ends after a minute; connect again',
    status: 200,
    produces: 'text/event-stream',
  }),
  previewRevocation: route({
    method: 'POST',
    path: '/v1/revocations/preview',
    caller: 'operator',
    summary: 'What a revocation would end; it changes nothing',
    body: RevocationTarget,
    status: 200,
    response: overview.RevocationPreview,
  }),
} as const;
