import { readFileSync, statSync } from 'node:fs';
import { parse } from 'yaml';
import { isJsonObject } from '../../domain/strict-json.ts';
import { CLI_VARIABLES, CONFIG_FILE, type SettingName, settings } from './variables.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** One setting as it was given, and where. */
export interface Given {
  readonly value: unknown;
  /** A variable's name or a file's path, for messages: never the value. */
  readonly from: string;
  /** The file that a secret was read from. */
  readonly file?: FileAccess;
}

/** Who may do what with a file. */
export interface FileAccess {
  /** Permission bits. */
  readonly mode: number;
  /** User id. */
  readonly owner: number;
}

export interface Sources {
  readonly given: ReadonlyMap<SettingName, Given>;
  readonly problems: readonly string[];
}

const LARGEST_FILE = 65_536;

/**
 * Collects the settings from file and environment; the environment wins. An empty variable counts
 * as not set; a name of ours that we don't know is a problem, since it is a misspelt setting.
 */
export function readSources(env: Environment): Sources {
  const problems = unknownVariables(env);
  const given = new Map<SettingName, Given>(readConfigFile(env[CONFIG_FILE], problems));
  for (const { name, env: variable, ...traits } of settings()) {
    const direct = env[variable];
    const path = 'secret' in traits ? env[`${variable}_FILE`] : undefined;
    if (direct && path) problems.push(`${variable} and ${variable}_FILE are both set: keep one`);
    else if (direct) given.set(name, { value: direct, from: variable });
    else if (path) readSecretFile(name, `${variable}_FILE`, path, given, problems);
  }
  return { given, problems };
}

function unknownVariables(env: Environment): string[] {
  const known = new Set<string>([CONFIG_FILE, ...CLI_VARIABLES]);
  for (const { env: variable, ...traits } of settings()) {
    known.add(variable);
    if ('secret' in traits) known.add(`${variable}_FILE`);
  }
  return Object.keys(env)
    .filter((name) => name.startsWith('COUNTERSIGN_') && !known.has(name))
    .map((name) => `${name} is not a setting (docs/configuration.md lists them)`);
}

function readSecretFile(
  name: SettingName,
  variable: string,
  path: string,
  given: Map<SettingName, Given>,
  problems: string[],
): void {
  const file = readFile(path, variable, problems);
  if (file) given.set(name, { value: file.text.trim(), from: path, file: file.access });
}

function readConfigFile(path: string | undefined, problems: string[]): [SettingName, Given][] {
  const file = path ? readFile(path, CONFIG_FILE, problems) : undefined;
  if (!path || !file) return [];
  let content: unknown;
  try {
    // JSON is YAML too. Unique keys and no aliases: one reading of every file.
    content = parse(file.text, { uniqueKeys: true, maxAliasCount: 0 }) ?? {};
  } catch {
    problems.push(`${path} is not YAML or JSON`);
    return [];
  }
  if (!isJsonObject(content)) {
    problems.push(`${path} must hold settings by name`);
    return [];
  }
  const found: [SettingName, Given][] = [];
  for (const [key, value] of Object.entries(content)) {
    const setting = settings().find(({ name }) => name === key);
    if (setting === undefined) problems.push(`${path}: ${key} is not a setting`);
    else if ('secret' in setting) {
      problems.push(`${path}: ${key} is a secret: give it as ${setting.env}_FILE instead`);
    } else found.push([setting.name, { value, from: `${path}: ${key}` }]);
  }
  return found;
}

function readFile(
  path: string,
  variable: string,
  problems: string[],
): { text: string; access: FileAccess } | undefined {
  try {
    const { mode, size, uid } = statSync(path);
    const access = { mode: mode & 0o777, owner: uid };
    if (size <= LARGEST_FILE) return { text: readFileSync(path, 'utf8'), access };
    problems.push(`${variable}: ${path} is too large`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    problems.push(`${variable}: ${path} cannot be read (${code})`);
  }
  return undefined;
}
