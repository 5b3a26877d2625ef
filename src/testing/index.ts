/**
 * For authors of providers: what every provider has to do, as checks that any test runner can go through.
 *
 * ```ts
 * for (const check of PROVIDER_CHECKS) {
 *   test(check.name, async () => { await check.run(ground); });
 * }
 * ```
 */
import { END_CHECKS } from './end-checks.ts';
import type { ProviderCheck } from './ground.ts';
import { ISSUE_CHECKS } from './issue-checks.ts';
import { ROOT_CHECKS } from './root-checks.ts';
import { SECRECY_CHECKS } from './secrecy-checks.ts';
import { TROUBLE_CHECKS } from './trouble-checks.ts';

export type { Ability, Deed, ProviderCheck, ProviderGround } from './ground.ts';
export { SuiteFailure } from './suite-failure.ts';

/** Every check, in the order in which a new provider best makes them hold. */
export const PROVIDER_CHECKS: readonly ProviderCheck[] = [
  ...ISSUE_CHECKS,
  ...END_CHECKS,
  ...SECRECY_CHECKS,
  ...TROUBLE_CHECKS,
  ...ROOT_CHECKS,
];
