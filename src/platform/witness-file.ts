import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { internal } from '../domain/errors.ts';
import type { Witness } from '../domain/witness.ts';
import type { WitnessKeeper } from '../ports/restores.ts';

const File = z.strictObject({
  v: z.literal(1),
  installation: z.string(),
  epoch: z.string(),
  system: z.string().optional(),
  timeline: z.int().optional(),
  seq: z.int().min(0),
  hash: z.string(),
  at: z.int(),
  facts: z.strictObject({
    bundle: z.int().optional(),
    suspended: z.array(z.string()),
    stops: z.array(z.string()),
    secrets: z.record(z.string(), z.int()),
  }),
});

/**
 * The witness as a file of the data directory: a new file in place of the old one, flushed with its
 * folder, so that a crash leaves either.
 *
 * @throws internal() when there is a file that is no witness: whoever damaged it may have had a reason
 */
export function openWitness(dataDir: string): WitnessKeeper {
  const path = join(dataDir, 'witness.json');
  let witness = existsSync(path) ? readWitness(path) : undefined;
  return {
    read: () => witness,
    write: async (next) => {
      mkdirSync(dataDir, { recursive: true, mode: 0o700 });
      await writeDurably(path, `${JSON.stringify({ v: 1, ...next })}\n`);
      witness = next;
    },
  };
}

function readWitness(path: string): Witness {
  try {
    const { v: _, ...witness } = File.parse(JSON.parse(readFileSync(path, 'utf8')));
    return witness;
  } catch {
    throw internal(`${path} is no witness: look at the file before starting again`);
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
