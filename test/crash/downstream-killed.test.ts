import { describe, expect, it } from 'vitest';
import { buildWorker } from './children.ts';
import { logins, sandboxes } from './downstreams.ts';
import { type Crashing, expectSweptClean, placesOf } from './points.ts';
import { openStage } from './stage.ts';
import { vaultLeases } from './vault-downstream.ts';

const VERBS: readonly Crashing[] = [
  { verb: 'issue', input: (stage) => stage.withToken() },
  { verb: 'renew', input: (stage) => stage.withLease() },
  { verb: 'revoke the lease', input: (stage) => stage.withLease() },
];

/**
 * The broker lives on, in this process, and what it talks to is killed and comes back: at every call
 * that leaves the broker, and at each change that a provider makes meanwhile.
 */
describe.concurrent('promise 5: kill -9 of the downstream leaves nothing that the broker does not know', () => {
  it.each([
    ['a login', () => logins(true)],
    ['a sandbox', () => sandboxes(true)],
    ['what Vault makes', vaultLeases],
  ] as const)(
    'before and after every call of issue, renew and revoke of %s',
    {
      timeout: 300_000,
    },
    async (what, downstream) => {
      const [stage, worker] = await Promise.all([openStage(downstream), buildWorker()]);
      let [crossed, deaths] = [0, 0];
      for (const crashing of VERBS) {
        const points = await stage.runHere(crashing, 0);
        expect(points.length, crashing.verb).toBeGreaterThan(10);
        crossed += points.length;
        for (const killAt of placesOf(points)) {
          await stage.runHere(crashing, (deaths += 1), killAt);
        }
      }
      await expectSweptClean(worker, stage);
      console.log(`${what}: its server was killed ${deaths} times at ${crossed} points`);
      await Promise.all([stage.close(), worker.remove()]);
    },
  );
});
