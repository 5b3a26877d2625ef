import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { readBundleDirectory } from '../../policy/read-directory.ts';

const SAMPLE = fileURLToPath(new URL('../../../policies', import.meta.url));
const AGENTS = 'agents.yaml';

const Agents = z.looseObject({ agents: z.array(z.looseObject({ name: z.string() })) });

/**
 * The sample bundle that comes with the program, with one change: `agent` has this public key.
 * @returns file path inside the bundle → text
 */
export async function sampleBundle(
  agent: string,
  publicJwk: object,
): Promise<Record<string, string>> {
  const files = await readBundleDirectory(SAMPLE);
  const document = Agents.parse(parse(files[AGENTS] ?? ''));
  const entry = document.agents.find(({ name }) => name === agent);
  if (!entry) throw new Error(`the sample bundle has no ${agent}`);
  entry['jwks'] = { keys: [publicJwk] };
  return { ...files, [AGENTS]: stringify(document) };
}
