import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guardProviders } from '../../src/broker/guard-provider.ts';
import { type Defect, stragglerOf } from '../../src/broker/provider-guard.ts';
import { isBrokerError, providerFailed, storeUnavailable } from '../../src/domain/errors.ts';
import type { Scope } from '../../src/domain/scope.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { AnyProvider, IssueRequest } from '../../src/ports/provider.ts';

const CALLS = ['issue', 'renew', 'revoke', 'listOwned', 'probe', 'watch'] as const;
const SECRET = 'hunter2-hunter2-hunter2';

/** A provider whose every call does the same. */
function providerThat(act: () => unknown): AnyProvider {
  const calls = [...CALLS, 'close', 'plan', 'checkScope', 'statementTimeoutMs'];
  const lifetimes = { shortest: 1, longest: 2 };
  return {
    kind: 'odd',
    lifetimes,
    revocation: 'immediate',
    ...Object.fromEntries(calls.map((call) => [call, act])),
  } as unknown as AnyProvider;
}

/** What of a request says whether it may change a protected environment. */
const requestTo = (effect: Scope['effect'], isProtected: boolean) => ({
  scope: { id: `shop:${effect}`, effect },
  resource: { environment: { name: 'lab', protected: isProtected } },
});

function guard(act: () => unknown) {
  const defects: Defect[] = [];
  const provider = guardProviders(new Map([['odd', providerThat(act)]]), (defect) =>
    defects.push(defect),
  ).get('odd') as unknown as Record<string, (...args: unknown[]) => unknown>;
  const ask = (call: string, signal = AbortSignal.timeout(10_000)) =>
    Promise.resolve(provider[call]?.({ ...requestTo('read', false), signal }, { limit: 10 }));
  return { provider, ask, defects };
}

/** Everything that may come out of an odd provider. */
const ODD_ERRORS: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  text: SECRET,
  number: 42,
  'an error with a secret': new Error(SECRET),
  'an error of another kind of the broker': (() => {
    const error = providerFailed('provider_rejected', SECRET);
    Object.defineProperty(error, 'code', { value: 'invalid_token' });
    return error;
  })(),
  'a trap': new Proxy(new Error(SECRET), {
    get: () => {
      throw new Error(SECRET);
    },
    getPrototypeOf: () => {
      throw new Error(SECRET);
    },
  }),
};

describe('a provider that does not keep to its port', () => {
  it.each(Object.keys(ODD_ERRORS))('throws at once: %s', async (name) => {
    const { ask, defects } = guard(() => {
      throw ODD_ERRORS[name];
    });
    for (const call of CALLS) {
      const error = await ask(call).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'provider_misconfigured' });
      expect(String(error)).not.toContain(SECRET);
    }
    expect(defects).toHaveLength(CALLS.length);
    expect(JSON.stringify(defects)).not.toContain(SECRET);
  });

  it.each(Object.keys(ODD_ERRORS))('rejects later: %s', async (name) => {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- that is what they do
    const { ask } = guard(() => Promise.reject(ODD_ERRORS[name]));
    for (const call of CALLS) {
      await expect(ask(call)).rejects.toMatchObject({ code: 'provider_misconfigured' });
    }
  });

  it('a handle that could not be kept is the failure of who keeps it, not a defect', async () => {
    const failure = storeUnavailable();
    const given = {
      ...requestTo('read', false),
      signal: AbortSignal.timeout(10_000),
      keepHandle: () => Promise.reject(failure),
    };
    const defects: Defect[] = [];
    const odd = {
      ...providerThat(() => undefined),
      issue: (request: IssueRequest) => request.keepHandle?.('handle'),
    } as unknown as AnyProvider;
    const provider = guardProviders(new Map([['odd', odd]]), (one) => defects.push(one)).get('odd');
    await expect(provider?.issue(given as unknown as IssueRequest)).rejects.toBe(failure);
    expect(defects).toEqual([]);
  });

  it('its own failures pass as they are', async () => {
    const failure = providerFailed('provider_throttled', 'Busy.');
    const { ask, defects } = guard(() => Promise.reject(failure));
    for (const call of CALLS) await expect(ask(call)).rejects.toBe(failure);
    expect(defects).toEqual([]);
  });

  it('never answers, and takes no notice of its signal: the call ends all the same', async () => {
    let end = () => undefined as void;
    const { ask } = guard(() => new Promise<void>((resolve) => (end = resolve)));
    for (const call of CALLS) {
      const error = await ask(call, AbortSignal.abort()).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'provider_unavailable', meta: { retryAfterSeconds: 5 } });
      // Whoever must know when it is really over can wait for that.
      const straggler = stragglerOf(error);
      expect(straggler).toBeInstanceOf(Promise);
      end();
      await straggler;
    }
  });

  it('answers nonsense: every call gives a value of its shape, or says that it has a defect', async () => {
    const odd = fc.anything({ withNullPrototype: true, withBigInt: true, withSparseArray: true });
    await fc.assert(
      fc.asyncProperty(odd, fc.constantFrom(...CALLS), async (answer, call) => {
        const value = await guard(() => answer)
          .ask(call)
          .catch((error: unknown) => error);
        if (isBrokerError(value)) expect(value.code).toBe('provider_misconfigured');
        // What is accepted by chance has the shape, and can be written down.
        else JSON.stringify(value);
      }),
      { numRuns: 300 },
    );
    for (const answer of [undefined, null, [], {}, 'ok', { msToFirstZero: -1, sessionsSeen: 0 }]) {
      await expect(guard(() => answer).ask('revoke')).rejects.toMatchObject({
        code: 'provider_misconfigured',
      });
    }
  });

  it('an issued credential is taken as the JSON that the agent gets', async () => {
    const secret = new Secret('s');
    const good = { credential: { type: 'x', at: new Date(0) }, secret };
    expect(await guard(() => good).ask('issue')).toEqual({
      credential: { type: 'x', at: '1970-01-01T00:00:00.000Z' },
      secret,
    });
    const loop: Record<string, unknown> = { type: 'x' };
    loop['self'] = loop;
    for (const credential of [loop, { type: 'x', n: 1n }, { type: 7 }, undefined]) {
      await expect(guard(() => ({ credential, secret })).ask('issue')).rejects.toMatchObject({
        code: 'provider_misconfigured',
      });
    }
    const plain = { credential: { type: 'x' }, secret: 's' };
    await expect(guard(() => plain).ask('issue')).rejects.toThrow();
  });

  it('gives more names than a page has', async () => {
    const names = Array.from({ length: 11 }, (_, n) => `cs_${n}`);
    await expect(guard(() => ({ names })).ask('listOwned')).rejects.toThrow('defect');
    expect(await guard(() => ({ names: ['cs_1'], next: 'cs_1' })).ask('listOwned')).toEqual({
      names: ['cs_1'],
      next: 'cs_1',
    });
  });

  it('what it says about a first zero after it was given up is no proof', async () => {
    let tell = (_ms: number) => undefined as void;
    const inner = {
      ...providerThat(() => undefined),
      revoke: (request: { onFirstZero: (ms: number) => void }) => {
        tell = request.onFirstZero;
        return new Promise(() => undefined);
      },
    } as unknown as AnyProvider;
    const guarded = guardProviders(new Map([['odd', inner]]), () => undefined).get('odd');
    const zeros: number[] = [];
    const request = { signal: AbortSignal.abort(), onFirstZero: (ms: number) => zeros.push(ms) };
    await expect(guarded?.revoke(request as never)).rejects.toThrow();
    tell(1);
    expect(zeros).toEqual([]);
  });

  it('calls that answer at once are guarded too', () => {
    const { provider } = guard(() => {
      throw new Error(SECRET);
    });
    for (const call of ['plan', 'checkScope', 'statementTimeoutMs']) {
      expect(() => provider[call]?.({})).toThrow('has a defect');
      expect(() => guard(() => Number.NaN).provider[call]?.({})).toThrow('has a defect');
    }
  });

  it('a close that fails or hangs does not keep the broker from stopping', async () => {
    await guard(() => {
      throw new Error('no');
    }).ask('close');
  });
});

describe('what could change a protected environment', () => {
  const effects = ['read', 'write', 'destroy', 'read_secret', 'sandbox'] as const;
  it.each(effects.flatMap((effect) => [true, false].map((safe) => [effect, safe] as const)))(
    '%s, protected %s: reaches a provider only where it reads or nothing is protected',
    async (effect, isProtected) => {
      for (const call of ['issue', 'renew']) {
        let reached = false;
        const { provider, defects } = guard(() => {
          reached = true;
        });
        const signal = AbortSignal.timeout(10_000);
        const request = { ...requestTo(effect, isProtected), signal };
        const end = await Promise.resolve(provider[call]?.(request)).catch((e: unknown) => e);
        const allowed = effect === 'read' || !isProtected;
        expect(reached).toBe(allowed);
        if (allowed) continue;
        expect(end).toMatchObject({
          code: 'provider_rejected',
          detail: expect.stringMatching(/protected environment.* Ask for a read scope\.$/),
        });
        expect(defects).toEqual([]);
      }
    },
  );
});
