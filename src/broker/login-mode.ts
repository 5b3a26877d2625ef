import type { AllowedScope } from './decide-scopes.ts';

/**
 * The one exception of promise 3: a rule says `@mode("login")`, persons approved the grant, and the login
 * changes rows of the tables its scope names. Never what destroys, and only where the broker itself knows
 * what such a login may do.
 */
export function isLoginMode({
  resource,
  scope,
  terms,
}: Pick<AllowedScope, 'resource' | 'scope' | 'terms'>): boolean {
  const isProtected = resource.environment.protected;
  const may = resource.kind === 'postgres' && scope.effect === 'write';
  return isProtected && may && terms.mode === 'login' && terms.approvals.length > 0;
}

/** For the guard of every provider: nothing, unless this is that exception. */
export function countersigned(allowed: Parameters<typeof isLoginMode>[0]): {
  readonly countersigned?: true;
} {
  return isLoginMode(allowed) ? { countersigned: true } : {};
}
