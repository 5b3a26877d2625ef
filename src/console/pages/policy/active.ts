import { useQuery } from '@tanstack/react-query';
import type { CountersignError } from '../../../sdk/error.ts';
import { call } from '../../wire/call.ts';
import { useRead } from '../../wire/query.ts';
import type { Files } from './merge-drafts.ts';

/** One stored version and its files. */
export interface Version {
  readonly version: number;
  readonly files: Files;
}

const NONE: Version = { version: 0, files: {} };
const EVERY_MS = 15_000;

/** Number of the active version; 0: there is none yet. */
export async function activeVersion(signal?: AbortSignal): Promise<number> {
  let cursor: string | undefined;
  do {
    const query = { limit: 200, ...(cursor === undefined ? {} : { cursor }) };
    const page = await call('listBundles', { query, signal });
    const found = page.items.find(({ active }) => active);
    if (found) return found.version;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return 0;
}

/** The active version, read again now and then, so that another's change is noticed. */
export function useActiveVersion() {
  return useQuery<number, CountersignError>({
    queryKey: ['listBundles', 'active'],
    queryFn: ({ signal }) => activeVersion(signal),
    refetchInterval: EVERY_MS,
  });
}

/** The files of a version, which never change. */
export function useVersion(version: number | undefined) {
  const isStored = version !== undefined && version > 0;
  const params = { version: String(version ?? 0) };
  const read = useRead('getBundle', { params }, { enabled: isStored, fresh: Infinity });
  const data: Version | undefined = version === 0 ? NONE : read.data;
  return { data, error: read.error, again: () => void read.refetch() };
}
