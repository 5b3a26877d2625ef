import { describe, expect, it } from 'vitest';
import { PROVIDER_CHECKS, type ProviderGround } from '../../src/testing/index.ts';

/** Goes through the provider suite, one test a check. They wait more than they work, so all at once. */
export function runProviderSuite(name: string, ground: () => ProviderGround): void {
  describe(`the provider suite: ${name}`, () => {
    for (const check of PROVIDER_CHECKS) {
      // Where the ground declares that an ability is lacking, the check holds it to that.
      it.concurrent(check.name, async () => {
        expect(await check.run(ground())).toMatch(/^(?:done|not offered)$/);
      });
    }
  });
}
