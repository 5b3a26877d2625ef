import {
  QueryClient,
  type UseMutationOptions,
  useInfiniteQuery,
  useMutation,
  useQuery,
} from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import type {
  CallArguments,
  CallId,
  CallOptions,
  CallResult,
  ItemOf,
  ListId,
} from '../../sdk/call-types.ts';
import { CountersignError } from '../../sdk/error.ts';
import { call } from './call.ts';

const RETRIES = 3;
const PAGE = 100;

/** What was read stays on screen while it is read again; a lost connection is tried again by itself. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The broker may be on this very machine: whether there is a network says nothing.
      networkMode: 'always',
      staleTime: 5_000,
      retry: (count, error) => isPassing(error) && count < RETRIES,
      refetchOnWindowFocus: true,
    },
    // Nothing that changes something is sent twice by itself.
    mutations: { networkMode: 'always', retry: false },
  },
});

function isPassing(error: unknown): boolean {
  if (!(error instanceof CountersignError)) return false;
  return error.code === 'unreachable' || error.code === 'timeout' || error.status === 503;
}

/** Milliseconds, or what the last answer says: false where it need not be asked for again. */
type Every<Answer> = number | ((last: Answer | undefined) => number | false);

interface ReadSettings<E = number> {
  readonly enabled?: boolean;
  /** Milliseconds; for what no event announces. */
  readonly every?: E;
  /** Milliseconds for which an answer is not asked for again; 5 s unless said. */
  readonly fresh?: number;
}

/** Reads one answer and keeps it fresh. */
export function useRead<K extends CallId>(
  operation: K,
  options?: CallOptions<K>,
  { enabled = true, every, fresh }: ReadSettings<Every<CallResult<K>>> = {},
) {
  return useQuery<CallResult<K>, CountersignError>({
    queryKey: [operation, options ?? {}],
    queryFn: ({ signal }) => call(operation, ...([{ ...options, signal }] as CallArguments<K>)),
    enabled,
    refetchInterval: ({ state }) => (typeof every === 'function' ? every(state.data) : every),
    ...(fresh === undefined ? {} : { staleTime: fresh }),
  });
}

/** Reads a list page by page. `items` are those read so far; `more` reads the next page. */
export function usePages<K extends ListId>(
  operation: K,
  options?: CallOptions<K>,
  { enabled = true, every }: ReadSettings = {},
) {
  const pages = useInfiniteQuery({
    queryKey: [operation, options ?? {}],
    queryFn: async ({ pageParam, signal }) => {
      const { query } = { query: {}, ...options };
      const paged = { ...query, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
      const all = [{ ...options, query: paged, signal }] as unknown as CallArguments<K>;
      return (await call(operation, ...all)) as { items: ItemOf<K>[]; next_cursor: string | null };
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    enabled,
    ...(every === undefined ? {} : { refetchInterval: every }),
  });
  const items = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  return {
    items,
    error: pages.error as CountersignError | null,
    isPending: pages.isPending,
    hasMore: pages.hasNextPage,
    isReadingMore: pages.isFetchingNextPage,
    more: () => void pages.fetchNextPage(),
    again: () => void pages.refetch(),
  };
}

/** Changes something, the same thing once at a time, then reads again what it touches. */
export function useChange<K extends CallId>(
  operation: K,
  touches: readonly CallId[] = [],
  settings: Pick<
    UseMutationOptions<CallResult<K>, CountersignError, CallOptions<K>>,
    'onSuccess'
  > = {},
) {
  const running = useRef(new Set<string>());
  const change = useMutation<CallResult<K>, CountersignError, CallOptions<K>>({
    mutationFn: (options) => call(operation, ...([options] as CallArguments<K>)),
    ...settings,
    onSettled: async (_answer, _error, options) => {
      await readAgain(...touches).finally(() => running.current.delete(JSON.stringify(options)));
    },
  });
  const mutate = (options: CallOptions<K>) => {
    // Known at once: the second of two quick clicks comes before the page shows that it is busy.
    const same = JSON.stringify(options);
    if (running.current.has(same)) return;
    running.current.add(same);
    change.mutate(options);
  };
  return { ...change, mutate };
}

/** What was read by these operations is read again. */
export async function readAgain(...operations: readonly CallId[]): Promise<void> {
  await Promise.all(
    operations.map((operation) => queryClient.invalidateQueries({ queryKey: [operation] })),
  );
}
