import { providerFailed } from '../../domain/errors.ts';
import { textMember } from '../../domain/strict-json.ts';
import type { JsonCaller } from '../../ports/json-caller.ts';
import type {
  VaultAnswer,
  VaultHealth,
  VaultRequest,
  VaultSession,
  VaultTarget,
} from '../../ports/vault.ts';
import { createSend, type Send } from './client.ts';
import { callFailure, commonFailure } from './failures.ts';
import { createTokens } from './tokens.ts';

const CAPABILITY = { GET: 'read', LIST: 'list', POST: 'update', DELETE: 'delete' } as const;

/** A login at one Vault, kept alive by use. @param monotonicMs milliseconds that never go back */
export function createVaultSession(
  target: VaultTarget,
  parts: { readonly caller: JsonCaller; readonly monotonicMs: () => number },
): VaultSession {
  const send = createSend(target, parts.caller);
  const tokens = createTokens(target, send, parts.monotonicMs);

  /** With the token that is held; one that was revoked meanwhile is replaced, once. */
  async function sendAsUs(request: VaultRequest): Promise<VaultAnswer> {
    const { signal } = request;
    const token = await orAborted(tokens.good(), signal);
    const answer = await send({ ...request, token });
    if (answer.status !== 403 || (await orAborted(tokens.stands(token), signal))) return answer;
    return send({ ...request, token: await orAborted(tokens.replace(token), signal) });
  }

  return {
    call: async (request) => {
      const { as, expect = [], ...rest } = request;
      const answer = as ? await send({ ...rest, token: as }) : await sendAsUs(rest);
      if ((answer.status >= 200 && answer.status < 300) || expect.includes(answer.status)) {
        return answer;
      }
      throw callFailure(answer, CAPABILITY[request.method], request.path);
    },
    health: (signal) => askHealth(send, signal),
    keepAlive: async (signal) => {
      const token = await orAborted(tokens.good(), signal);
      if (await orAborted(tokens.stands(token), signal)) return;
      await orAborted(tokens.replace(token), signal);
    },
    close: () => tokens.giveBack(),
  };
}

async function askHealth(send: Send, signal?: AbortSignal): Promise<VaultHealth> {
  const path = 'sys/health';
  const more = signal ? { signal } : {};
  const answer = await send({ method: 'GET', path, inRoot: true, ...more });
  const { data } = answer;
  if (typeof data['sealed'] !== 'boolean') {
    // A load balancer whose Vault is away answers as well, and not in Vault's words.
    const failure = commonFailure(answer);
    if (failure) throw failure;
    throw providerFailed(
      'provider_misconfigured',
      'What stands at the address of Vault does not answer like Vault. Correct the address.',
    );
  }
  return {
    version: textMember(data, 'version').slice(0, 64),
    sealed: data['sealed'],
    standby: data['standby'] === true,
    serverTime: Number(data['server_time_utc'] ?? 0),
  };
}

/** A login is shared by all who wait for it, so who gives up leaves it running. */
function orAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work;
  return new Promise<T>((resolve, reject) => {
    const stop = () =>
      reject(
        providerFailed(
          'provider_unavailable',
          'The call was ended before Vault answered. Try again.',
        ),
      );
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
