import { leaseChanges } from '../../broker/lease-changes.ts';
import { refreshTemplate } from '../../broker/refresh-template.ts';
import type { Handlers } from '../handler.ts';
import { pagedByAge } from '../page.ts';
import * as present from '../present-sandbox.ts';

export const sandboxHandlers: Pick<
  Handlers,
  'listTemplates' | 'refreshTemplate' | 'getLeaseChanges'
> = {
  listTemplates: async ({ broker, params, query }) =>
    pagedByAge(await broker.templates.list(params['name'] ?? ''), query, present.template),
  refreshTemplate: async ({ broker, principal, params }) => {
    const names = { resource: params['name'] ?? '', template: params['template'] ?? '' };
    return present.template(await refreshTemplate(broker, principal, names));
  },
  getLeaseChanges: async ({ broker, principal, params }) =>
    present.changes(await leaseChanges(broker, principal, params['id'] ?? '')),
};
