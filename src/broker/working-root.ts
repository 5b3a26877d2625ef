import type { AnyProvider } from '../ports/provider.ts';
import type { RootRotations } from '../ports/root-rotations.ts';
import type { SecretSource } from '../ports/secrets.ts';

/**
 * Root credentials that work, also in the middle of a rotation: where one is unfinished, the resource is
 * asked which of the two values it takes. Outside a rotation this costs nothing.
 */
export function createWorkingRoots(parts: {
  readonly rotations: Pick<RootRotations, 'roots'>;
  readonly providers: ReadonlyMap<string, AnyProvider>;
  readonly timeoutMs: number;
}): SecretSource {
  return {
    read: async (name) => {
      const { current, pending } = await parts.rotations.roots(name);
      const provider = pending && parts.providers.get(pending.kind);
      if (!pending || !provider?.acceptsRoot) return current;
      const signal = AbortSignal.timeout(parts.timeoutMs);
      if (await provider.acceptsRoot({ root: current, signal })) return current;
      // Where neither is taken, whoever uses the current one is told so by the resource.
      return (await provider.acceptsRoot({ root: pending, signal })) ? pending : current;
    },
  };
}
