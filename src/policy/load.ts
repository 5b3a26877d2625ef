import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Bundle } from './bundle.ts';
import type { Place } from './place.ts';
import { LIMITS } from './limits.ts';
import { loadAgents } from './load-agents.ts';
import { loadEnvironments } from './load-environments.ts';
import { loadGroups } from './load-groups.ts';
import { loadResources } from './load-resources.ts';
import { loadRules } from './load-rules.ts';
import { loadTests } from './load-tests.ts';
import { compare, Problems } from './problems.ts';

/** The files of one bundle by path (`rules/x.cedar`), as the API carries them. */
export type BundleFiles = Readonly<Record<string, string>>;

const KNOWN = [
  /^(?:agents|environments|groups)\.yaml$/,
  /^(?:resources|tests)\/[A-Za-z0-9][A-Za-z0-9_.-]*\.yaml$/,
  /^rules\/[A-Za-z0-9][A-Za-z0-9_.-]*\.cedar$/,
];

/**
 * Parses the files of a bundle and resolves what they say about each other. Rules are parsed but not
 * yet checked against the schema: `validateBundle` does that, and runs the bundle's tests.
 * @throws `bundle_invalid` with every problem found, each with file and line
 */
export function loadBundle(files: BundleFiles): Bundle {
  const problems = new Problems();
  const known = refuseUnknown(files, problems);
  problems.throwIfAny();
  const places = new Map<string, Place>();
  const environments = loadEnvironments(files['environments.yaml'], problems, places);
  const { teams, agents } = loadAgents(files['agents.yaml'], problems);
  const groups = loadGroups(files['groups.yaml'], problems);
  const inFolder = (folder: string) =>
    known
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => [path, files[path] ?? ''] as const);
  const { resources, scopes } = loadResources(
    inFolder('resources'),
    environments,
    problems,
    places,
  );
  const rules = loadRules(inFolder('rules'), problems);
  const tests = loadTests(inFolder('tests'), agents, scopes, problems);
  problems.throwIfAny();
  const digest = digestOf(files);
  return {
    digest,
    files,
    environments,
    teams,
    agents,
    groups,
    resources,
    scopes,
    rules,
    tests,
    places,
  };
}

function digestOf(files: BundleFiles): string {
  return createHash('sha256')
    .update(canonicalize(files) ?? '')
    .digest('hex');
}

/** Checks names and sizes; returns the paths in a stable order. */
function refuseUnknown(files: BundleFiles, problems: Problems): string[] {
  const paths = Object.keys(files).sort(compare);
  if (paths.length > LIMITS.files) problems.add('', 1, `More than ${LIMITS.files} files.`);
  let total = 0;
  for (const path of paths) {
    const text = files[path] ?? '';
    const bytes = Buffer.byteLength(text);
    total += bytes;
    if (!KNOWN.some((known) => known.test(path))) problems.add(shown(path), 1, refusal(path));
    else if (bytes > LIMITS.fileBytes)
      problems.add(path, 1, `Larger than ${LIMITS.fileBytes} bytes.`);
    else if (/\p{Surrogate}/u.test(text)) problems.add(path, 1, 'This file is not valid Unicode.');
  }
  if (total > LIMITS.totalBytes)
    problems.add('', 1, `More than ${LIMITS.totalBytes} bytes in all.`);
  return paths;
}

function refusal(path: string): string {
  const folder = path.split('/', 1)[0] ?? '';
  if (path.includes('/') && ['catalogs', 'templates'].includes(folder)) {
    return `${folder}/ is not supported by this version.`;
  }
  return (
    'Not a policy file. A bundle has agents.yaml, environments.yaml, groups.yaml, ' +
    'resources/*.yaml, rules/*.cedar and tests/*.yaml.'
  );
}

function shown(path: string): string {
  return path.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
