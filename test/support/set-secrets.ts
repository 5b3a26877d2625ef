import type { Client } from '../../src/sdk/client.ts';

/** Sets root secrets by name. */
export async function setSecrets(
  admin: Client,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    await admin.call('setSecret', { params: { name }, body: { value } });
  }
}
