import { overview, previewRevocation, taskStory } from '../../broker/overview.ts';
import type { Handlers } from '../handler.ts';
import { presentOverview, presentStory } from '../present-overview.ts';
import { targetOf } from '../revocation-target.ts';

export const overviewHandlers: Pick<Handlers, 'overview' | 'taskStory' | 'previewRevocation'> = {
  overview: async ({ broker }) => presentOverview(await overview(broker)),
  taskStory: async ({ broker, principal, params }) =>
    presentStory(await taskStory(broker, principal, params['id'] ?? '')),
  previewRevocation: async ({ broker, body }) =>
    previewRevocation(broker, await targetOf(broker, body)),
};
