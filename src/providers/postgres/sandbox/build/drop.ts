import { providerFailed } from '../../../../domain/errors.ts';
import type { Reach } from '../../../../ports/provider.ts';
import type { Parts } from '../../parts.ts';
import { stopMaking } from '../../fence.ts';
import { dropDatabase, findDatabase } from '../database.ts';

/** Drops a template and the copy of it that was made for comparisons. Already gone is success. */
export async function dropTemplate(
  parts: Parts,
  request: Reach & { readonly database: string },
): Promise<void> {
  const { database, signal } = request;
  if (!parts.names.isTemplate(database)) {
    throw providerFailed(
      'provider_rejected',
      'This template carries no name of this installation.',
    );
  }
  await parts.connections.use(request, async (session) => {
    for (const name of [parts.names.twin(database), database]) {
      await stopMaking(session, name, signal);
      if (await findDatabase(session, name)) await dropDatabase(session, name);
    }
  });
}
