import { secretUnavailable } from '../../domain/errors.ts';
import { isSecretName } from '../../domain/secret-name.ts';
import type { RootRotationRows, RootRotations } from '../../ports/root-rotations.ts';
import type { Sealer } from '../../ports/sealer.ts';
import type { SecretRows } from '../../ports/secrets.ts';
import { openRoot, sealRoot } from './root-box.ts';

/** Rotations of sealed root credentials: the pending value is sealed for the generation it will be. */
export function createRootRotations(parts: {
  readonly sealer: Sealer;
  readonly rows: Pick<SecretRows, 'latest'>;
  readonly rotations: RootRotationRows;
}): RootRotations {
  const { sealer, rows, rotations } = parts;
  return {
    ...rotations,
    async roots(name) {
      const row = isSecretName(name) ? await rows.latest(name) : undefined;
      if (row === undefined) throw secretUnavailable(name);
      const { pending } = row;
      const current = openRoot(sealer, name, row);
      if (!pending) return { current };
      return { current, pending: { ...openRoot(sealer, name, pending), kind: pending.kind } };
    },
    async begin(name, { value, kind }, claimMs, entry) {
      const state = await rotations.begin(name, kind, claimMs, (generation) => ({
        sealed: sealRoot(sealer, name, generation, value),
        entry: entry(generation),
      }));
      if (state === 'unset') throw secretUnavailable(name);
      return state === 'begun';
    },
  };
}
