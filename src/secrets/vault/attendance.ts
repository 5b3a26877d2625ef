import { isBrokerError } from '../../domain/errors.ts';
import type { RemoteHealth } from '../../ports/secrets.ts';

/** Whether Vault is there for us, as the calls of one process saw it. */
export interface Attendance {
  answered(): void;
  failed(error: unknown): void;
  /** The login itself failed: where Vault says no, everything kept there is out of reach. */
  loginFailed(error: unknown): void;
  health(): RemoteHealth;
}

/** @param staleMs for how long what was read before may bridge its absence */
export function createAttendance(now: () => number, staleMs: number): Attendance {
  const startedAt = now();
  let answeredAt: number | undefined;
  let failure: { readonly refused: boolean } | undefined;
  return {
    answered: () => {
      answeredAt = now();
      failure = undefined;
    },
    failed: (error) => {
      if (isAway(error)) failure = { refused: false };
    },
    loginFailed: (error) => {
      failure = { refused: !isAway(error) };
    },
    health: () => {
      if (!failure) return { reasons: [] };
      if (failure.refused) {
        return { reasons: ["Vault refuses this broker's login: secrets kept there are refused"] };
      }
      const awayMs = now() - (answeredAt ?? startedAt);
      const bridged = answeredAt !== undefined && awayMs <= staleMs;
      const awaySeconds = Math.floor(awayMs / 1000);
      if (bridged) return { reasons: [], awaySeconds };
      return { reasons: ['Vault does not answer: secrets kept there are refused'], awaySeconds };
    },
  };
}

/** No answer, as opposed to an answer that says no. */
export function isAway(error: unknown): boolean {
  return (
    isBrokerError(error) &&
    (error.code === 'provider_unavailable' || error.code === 'provider_throttled')
  );
}
