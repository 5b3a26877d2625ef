import { leaseChanges } from '../../broker/lease-changes.ts';
import { refreshTemplate } from '../../broker/refresh-template.ts';
import { notFound } from '../../domain/errors.ts';
import type { Handlers } from '../handler.ts';
import { pagedByAge } from '../page.ts';
import * as present from '../present-sandbox.ts';

export const sandboxHandlers: Pick<
  Handlers,
  'listTemplates' | 'refreshTemplate' | 'getLeaseChanges'
> = {
  listTemplates: async ({ broker, params, query }) => {
    const name = params['name'] ?? '';
    const rows = await broker.templates.list(name);
    const page = pagedByAge(rows, query, present.template);
    if (rows.length === 0 && !broker.policy.resource(name)) throw notFound('Resource');
    return page;
  },
  refreshTemplate: async ({ broker, principal, params }) => {
    const names = { resource: params['name'] ?? '', template: params['template'] ?? '' };
    return present.template(await refreshTemplate(broker, principal, names));
  },
  getLeaseChanges: async ({ broker, principal, params }) =>
    present.changes(await leaseChanges(broker, principal, params['id'] ?? '')),
};
