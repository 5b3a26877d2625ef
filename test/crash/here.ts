import type pg from 'pg';
import { isBrokerError } from '../../src/domain/errors.ts';
import { Crossings } from './crossings.ts';
import type { Downstream } from './downstreams.ts';
import type { Crashing } from './points.ts';
import type { Stage } from './stage.ts';
import { VERBS } from './verbs.ts';

/** Verbs in this process, whose broker lives on while the downstream dies. */
export function createHere(downstream: Downstream) {
  let due: string | undefined;
  const crossings = new Crossings((point) => {
    if (point !== due) return;
    due = undefined;
    downstream.kill();
  });
  // Stages side by side in one process do not hear each other's calls.
  if (downstream.kind === 'vault') crossings.watchVault();
  else crossings.watchResources(({ port }: pg.Client) => port === downstream.port);
  const unwatched = <T>(call: () => T) => crossings.unwatched(call);

  async function run(
    stage: Stage,
    { verb, input }: Crashing,
    nth: number,
    killAt?: string,
    beforeBack?: () => Promise<void>,
  ): Promise<readonly string[]> {
    const made = await input(stage, nth);
    due = killAt;
    const points = await crossings.during(() =>
      VERBS[verb]({ broker: stage.broker, unwatched }, made).catch((error: unknown) => {
        // With a name, it is an answer; and only a death excuses it.
        if (killAt === undefined || !isBrokerError(error) || error.code === 'internal') throw error;
      }),
    );
    if (due !== undefined) throw new Error(`${verb}, ${due}: not crossed`);
    await beforeBack?.();
    if (killAt !== undefined) await downstream.back();
    return points;
  }
  return { crossings, run };
}
