import type { Secret } from '../../domain/secret.ts';
import type { VaultTarget } from '../../ports/vault.ts';
import type { Send } from './client.ts';
import { loginFailure } from './failures.ts';
import { createLogin, type Granted, grantedBy } from './login.ts';

/** Part of a token's life that has to be left; less, and it is renewed before it is used. */
const LEFT = 1 / 3;
/** A renewal that gives less than this part of a login's time is near the end of what may be renewed. */
const WORTH = 1 / 2;

/** A stop does not wait longer than this for Vault. */
const GIVE_BACK_MS = 2_000;

interface Held extends Granted {
  /** Monotonic milliseconds. */
  readonly since: number;
  /** Seconds that the login gave, before any renewal. */
  readonly full: number;
}

/** The one token of a session: renewed by use, and replaced where it was revoked. */
export interface Tokens {
  good(): Promise<Secret>;
  /** Does Vault still take this token? Tells a revoked token from a policy that says no. */
  stands(token: Secret): Promise<boolean>;
  replace(bad: Secret): Promise<Secret>;
  /** Ends the token of a login; whoever comes later logs in anew. */
  giveBack(): Promise<void>;
}

export function createTokens({ auth }: VaultTarget, send: Send, monotonicMs: () => number): Tokens {
  const logIn = createLogin(auth, send);
  let held: Held | undefined;
  let working: Promise<Held> | undefined;

  /** One login or renewal at a time, whoever waits for it. */
  function once(work: () => Promise<Granted & { full?: number }>): Promise<Held> {
    working ??= work()
      .then((granted) => {
        held = { full: granted.ttlSeconds, ...granted, since: monotonicMs() };
        return held;
      })
      .finally(() => {
        working = undefined;
      });
    return working;
  }

  /** A renewal that fails or gives little is no failure yet: where a new login is possible, it is made. */
  async function renew({ token, full }: Held): Promise<Granted & { full?: number }> {
    const answer = await send({ method: 'POST', path: 'auth/token/renew-self', token });
    const granted = answer.status === 200 ? grantedBy(answer) : undefined;
    const enough = granted && (auth.method === 'token' || granted.ttlSeconds >= full * WORTH);
    return enough ? { ...granted, full } : logIn();
  }

  return {
    good: async () => {
      const now = held;
      if (!now) return (await once(logIn)).token;
      if (now.ttlSeconds === 0) return now.token;
      const left = now.ttlSeconds * 1000 - (monotonicMs() - now.since);
      if (left > now.ttlSeconds * 1000 * LEFT) return now.token;
      return (await once(() => (now.renewable && left > 0 ? renew(now) : logIn()))).token;
    },
    stands: async (token) => {
      const answer = await send({ method: 'GET', path: 'auth/token/lookup-self', token });
      if (answer.status === 200) return true;
      if (answer.status === 403) return false;
      throw loginFailure(answer, auth.method);
    },
    replace: async (bad) => {
      if (held && held.token !== bad) return held.token;
      return (await once(logIn)).token;
    },
    giveBack: async () => {
      const token = held?.token;
      held = undefined;
      if (!token || auth.method === 'token') return;
      const signal = AbortSignal.timeout(GIVE_BACK_MS);
      const path = 'auth/token/revoke-self';
      // Where Vault is away, the token ends by its own time.
      await send({ method: 'POST', path, token, signal }).catch(() => undefined);
    },
  };
}
