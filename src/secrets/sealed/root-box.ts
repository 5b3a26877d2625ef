import { Secret } from '../../domain/secret.ts';
import type { RootCredential } from '../../ports/provider.ts';
import type { Sealer } from '../../ports/sealer.ts';

/** Seals a value for exactly this name and generation. */
export function sealRoot(sealer: Sealer, name: string, generation: number, value: Secret): string {
  return sealer.seal(placeOf(name, generation), Buffer.from(value.reveal(), 'utf8'));
}

/** @throws internal() when the box is not of this name and generation, or of another master key */
export function openRoot(
  sealer: Sealer,
  name: string,
  row: { readonly generation: number; readonly sealed: string },
): RootCredential {
  const plain = sealer.open(placeOf(name, row.generation), row.sealed);
  const value = new Secret(plain.toString('utf8'));
  plain.fill(0);
  return { value, generation: row.generation };
}

function placeOf(name: string, generation: number): string {
  return `secret:${name}:${generation}`;
}
