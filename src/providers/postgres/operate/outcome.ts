import type { CanOperate } from '../../../ports/provider.ts';
import { failureCode } from '../failures.ts';
import { isHome, madeElsewhere } from '../home.ts';
import type { Parts } from '../parts.ts';

type Request = Parameters<CanOperate['outcomeOf']>[0];
const WORDS: Readonly<Record<string, 'committed' | 'aborted' | 'running'>> = {
  committed: 'committed',
  aborted: 'aborted',
  'in progress': 'running',
};

/** Asks the server's own record of transactions. @see CanOperate */
export async function outcomeOf(
  parts: Parts,
  request: Request,
): ReturnType<CanOperate['outcomeOf']> {
  return parts.connections.use(request, async (session) => {
    if (!isHome(session, request.lease)) throw madeElsewhere(request.lease);
    try {
      const { rows } = await session.client.query<{ status: string | null }>(
        'SELECT pg_xact_status($1::xid8) AS status',
        [request.transaction],
      );
      return WORDS[rows[0]?.status ?? ''] ?? 'unknown';
    } catch (error) {
      // It has not been there yet: the server is an older copy of itself.
      if (failureCode(error) === '22023') return 'unknown';
      throw error;
    }
  });
}
