import { providerFailed } from '../../../../domain/errors.ts';
import type { CanSandbox } from '../../../../ports/provider.ts';
import { builtElsewhere, isHome } from '../../home.ts';
import type { Parts } from '../../parts.ts';
import { stopMaking } from '../../fence.ts';
import { dropDatabase, findDatabase } from '../database.ts';

/**
 * Drops a template and the copy of it that was made for comparisons. Already gone is success, on the server
 * it was built on.
 */
export async function dropTemplate(
  parts: Parts,
  request: Parameters<CanSandbox['dropTemplate']>[0],
): Promise<void> {
  const { signal } = request;
  const { database } = request.template;
  if (!parts.names.isTemplate(database)) {
    throw providerFailed(
      'provider_rejected',
      'This template carries no name of this installation.',
    );
  }
  await parts.connections.use(request, async (session) => {
    if (!isHome(session, request.template)) throw builtElsewhere(request.template);
    for (const name of [parts.names.twin(database), database]) {
      await stopMaking(session, name, signal);
      if (await findDatabase(session, name)) await dropDatabase(session, name);
    }
  });
}
