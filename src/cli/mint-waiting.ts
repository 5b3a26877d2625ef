import type { AgentSession, MintedToken, MintOptions } from '../sdk/agent-session.ts';
import type { Output } from './output.ts';
import { withProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** Longest that `--wait` waits, in seconds. */
export const LONGEST_WAIT = 3_600;

/**
 * Mints, and where persons have to approve first waits for them, if that is wanted.
 * @param waitSeconds undefined: the refusal says where to wait
 */
export async function mintWaiting(
  session: AgentSession,
  wanted: MintOptions,
  waitSeconds: number | undefined,
  { out, terminal }: { readonly out: Output; readonly terminal: Terminal },
): Promise<MintedToken> {
  try {
    return await session.mintToken(wanted);
  } catch (error) {
    const { pendingApproval } = await import('../sdk/pending-approval.ts');
    const pending = waitSeconds === undefined ? undefined : pendingApproval(error);
    if (!pending || waitSeconds === undefined) throw error;
    out.note(`A person has to approve this: ${pending.approval_uri}`);
    const limits = { timeoutMs: waitSeconds * 1000 };
    try {
      return await withProgress(terminal, 'waiting for an answer', () =>
        session.waitForApproval(pending, limits),
      );
    } catch (late) {
      // Nobody answered in the time we were given: the request waits on, and so does its refusal.
      if (late instanceof Error && 'code' in late && late.code === 'timeout') throw error;
      throw late;
    }
  }
}
