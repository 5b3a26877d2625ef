import type { Client } from '../../src/sdk/client.ts';
import { setSecrets } from './set-secrets.ts';

/** Sets both admin URLs and builds the template of `sandboxBundle`. */
export async function buildTemplate(
  admin: Client,
  urls: { readonly source: string; readonly sandboxes: string },
): Promise<void> {
  await setSecrets(admin, {
    'shop/admin-url': urls.source,
    'sandboxes/admin-url': urls.sandboxes,
  });
  const params = { name: 'sandboxes', template: 'shop' };
  const begun = await admin.call('refreshTemplate', { params });
  for (let state = begun.state; state !== 'ready'; ) {
    if (state !== 'building') throw new Error(`the template is ${state}`);
    const { items } = await admin.call('listTemplates', { params });
    state = items[0]?.state ?? 'failed';
  }
}
