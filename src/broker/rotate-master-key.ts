import { conflict, isBrokerError } from '../domain/errors.ts';
import type { Rewrapper, SealedRow, SealedRows } from '../ports/sealed-rows.ts';
import type { Sealer } from '../ports/sealer.ts';
import { HOST_OPERATOR } from './operator-token.ts';

/** Boxes wrapped anew in one transaction. */
const PAGE = 200;

export interface RotatedMasterKey {
  readonly keyId: string;
  readonly from: string | undefined;
  /** Boxes wrapped anew by this run. */
  readonly rewrapped: number;
}

/**
 * Moves everything sealed to another master key. First the store names it, which every process that holds
 * it follows at once; from then on nothing can be sealed under the old one. Then each box is wrapped anew.
 * Stopped anywhere and run again, it goes on where it was.
 *
 * @param to the key that this program holds as its first
 * @throws conflict when boxes are under a key that is not held
 */
export async function rotateMasterKey(
  parts: { readonly sealedRows: SealedRows; readonly sealer: Sealer & Rewrapper },
  to: string,
  onProgress: (rewrapped: number) => void = () => undefined,
): Promise<RotatedMasterKey> {
  const { sealedRows, sealer } = parts;
  const { keyId: from } = await sealedRows.masterKey();
  if (from !== undefined && !sealer.keyIds.includes(from)) throw missingKey(from);
  await sealedRows.switchTo(to, (old) => ({
    actor: HOST_OPERATOR,
    action: 'master_key.rotating',
    subject: 'master_key',
    detail: { from: old ?? null, to },
  }));
  sealer.sealUnder(to);
  const rewrapped = await rewrapAll(parts, to, onProgress);
  const left = await sealedRows.countOthers(to);
  if (left > 0) throw conflict(`${left} sealed values changed meanwhile. Run it again.`);
  await sealedRows.settle(to, {
    actor: HOST_OPERATOR,
    action: 'master_key.rotated',
    subject: 'master_key',
    detail: { to, rewrapped },
  });
  return { keyId: to, from: from === to ? undefined : from, rewrapped };
}

async function rewrapAll(
  { sealedRows, sealer }: Parameters<typeof rotateMasterKey>[0],
  to: string,
  onProgress: (rewrapped: number) => void,
): Promise<number> {
  let rewrapped = 0;
  let after = '';
  for (;;) {
    const page = await sealedRows.page(to, after, PAGE);
    const last = page.at(-1);
    if (!last) return rewrapped;
    rewrapped += await sealedRows.replace(page.map((row) => wrappedAnew(sealer, row)));
    onProgress(rewrapped);
    after = last.context;
  }
}

function wrappedAnew(sealer: Rewrapper, row: SealedRow) {
  try {
    return { ...row, next: sealer.rewrap(row.context, row.box) };
  } catch (error) {
    if (!isBrokerError(error)) throw error;
    const [, keyId = ''] = row.box.split('.');
    if (!sealer.keyIds.includes(keyId)) throw missingKey(keyId);
    throw conflict(
      `The value sealed for ${row.context} does not open: it is damaged, or was moved. Mend or delete it, then run this again.`,
    );
  }
}

function missingKey(keyId: string): Error {
  return conflict(
    `Something is sealed under master key ${keyId}, which is not held here. Give it as COUNTERSIGN_MASTER_KEY_PREVIOUS_FILE.`,
  );
}
