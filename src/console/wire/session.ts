import { queryOptions, useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import type { Role } from '../../contract/route.ts';
import type { CallResult } from '../../sdk/call-types.ts';
import { CountersignError } from '../../sdk/error.ts';
import { callOnce, setCsrfToken } from './call.ts';
import { queryClient } from './query.ts';

/** Who is signed in, and what the requests of that session need. */
export type Session = CallResult<'getSession'>;

const KEY = ['session'];
const EVERY_MS = 60_000;

async function readSession(signal: AbortSignal): Promise<Session | null> {
  try {
    const session = await callOnce('getSession', { signal });
    setCsrfToken(session.csrf);
    return session;
  } catch (error) {
    if (error instanceof CountersignError && error.status === 401) return known() ?? null;
    throw error;
  }
}

const SESSION = queryOptions<Session | null>({
  queryKey: KEY,
  queryFn: ({ signal }) => readSession(signal),
  staleTime: EVERY_MS,
});

/** Asks who is signed in, while the page is still being made. */
export function askForSession(): void {
  void queryClient.prefetchQuery(SESSION);
}

/** Reads who is signed in; null: nobody. */
export function useSessionQuery() {
  return useQuery({ ...SESSION, refetchInterval: EVERY_MS });
}

/** The session as it was last read. */
export function known(): Session | null | undefined {
  return queryClient.getQueryData<Session | null>(KEY);
}

/** A session that has just begun, or was proved anew. */
export function keepSession(session: Session): void {
  setCsrfToken(session.csrf);
  queryClient.setQueryData(KEY, session);
}

/** Nobody is signed in any more: everything that was read is forgotten. */
export function forgetSession(): void {
  setCsrfToken(undefined);
  queryClient.setQueryData(KEY, null);
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== KEY[0] });
}

export const SessionContext = createContext<Session | undefined>(undefined);

/** Whoever is signed in; only below the shell. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('no session here');
  return session;
}

/** Whether the operator has one of these roles. The broker decides; this only spares a refusal. */
export function useMay(...roles: readonly Role[]): boolean {
  return roles.includes(useSession().operator.role);
}
