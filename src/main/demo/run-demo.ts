import { settingsFor } from '../settings.ts';
import { awaitInterruption } from './interruption.ts';
import { jsonNarrator, textNarrator } from './narrator.ts';
import { openStage } from './stage.ts';
import { createStep } from './step.ts';
import { playStory } from './story.ts';
import { sweepOldStages } from './sweep.ts';

const write = (text: string) => {
  process.stdout.write(text);
};

/**
 * `countersign demo`: the whole story on real parts. Everything it starts lives in a folder of its own
 * below the data directory and goes when it ends; a broker that runs there is not touched.
 * @throws Error that names the step and the fact that did not hold
 */
export async function runDemo(options: { json: boolean; color: boolean }): Promise<void> {
  const { dataDir } = settingsFor('local').config;
  const started = performance.now();
  const interruption = awaitInterruption();
  await sweepOldStages(dataDir);
  const stage = await openStage(dataDir);
  const narrator = options.json ? jsonNarrator(write) : textNarrator(write, options.color);
  const say = options.json ? () => undefined : write;
  try {
    say(
      'An agent gets a read-only login for one task, and a database of its own to break. All is real.\n',
    );
    const step = createStep(narrator, interruption.signal);
    await Promise.race([playStory(stage, step), interruption.happened]);
  } finally {
    await stage.close();
    interruption.forget();
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  say(`\nEvery step held. All servers are stopped and their data is removed (${seconds} s).\n`);
}
