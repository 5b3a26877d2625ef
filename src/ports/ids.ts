import type { IdKind } from '../domain/ids.ts';

/** Makes ids that cannot be guessed; see `domain/ids.ts` for the form. */
export type NewId = (kind: IdKind) => string;
