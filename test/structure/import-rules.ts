import type { Import, Module } from './import-graph.ts';

export interface Violation {
  readonly rule: string;
  readonly where: string;
}

/** What a folder of `src` may import besides itself. */
interface Allowance {
  readonly folders: readonly string[];
  readonly packages: readonly string[];
}

const POSTGRES_PROVIDER = 'providers/postgres';

/** The table of docs/architecture.md: a folder that is not listed may not exist. */
const FOLDERS: Readonly<Record<string, Allowance>> = {
  domain: { folders: [], packages: ['zod'] },
  // What goes on record is part of what ports promise; `audit` is pure.
  ports: { folders: ['domain', 'audit'], packages: [] },
  audit: { folders: ['domain'], packages: ['canonicalize'] },
  watch: { folders: ['domain'], packages: [] },
  classify: { folders: ['domain'], packages: ['libpg-query'] },
  policy: {
    folders: ['domain', 'classify'],
    packages: ['@cedar-policy/cedar-wasm', 'canonicalize', 'yaml', 'zod'],
  },
  broker: {
    folders: ['domain', 'ports', 'policy', 'audit', 'classify', 'watch'],
    packages: [],
  },
  jobs: { folders: ['domain', 'ports', 'broker', 'audit'], packages: [] },
  // The chain's pure functions: the append must link entries inside its own transaction.
  store: { folders: ['ports', 'domain', 'audit'], packages: ['pg'] },
  providers: { folders: ['ports', 'domain'], packages: ['pg', 'pg-copy-streams', 'zod'] },
  secrets: { folders: ['ports', 'domain'], packages: ['node-vault'] },
  // Keys seal the personal part of entries; the sealed form is the audit's.
  keys: { folders: ['ports', 'domain', 'audit'], packages: ['jose'] },
  // Who people are: passkeys and single sign-on.
  identity: {
    folders: ['ports', 'domain'],
    packages: ['@simplewebauthn/server', 'openid-client', 'zod'],
  },
  notify: { folders: ['ports', 'domain'], packages: ['nodemailer'] },
  platform: {
    folders: ['ports', 'domain'],
    packages: ['zod', 'yaml', 'pino', 'undici', 'prom-client'],
  },
  gateway: { folders: ['broker', 'classify', 'ports', 'contract', 'domain'], packages: [] },
  contract: { folders: ['domain'], packages: ['zod'] },
  api: {
    folders: ['broker', 'contract', 'domain'],
    packages: ['express', 'helmet', 'rate-limiter-flexible', 'prom-client', 'zod'],
  },
  sdk: { folders: ['contract'], packages: ['zod'] },
  cli: {
    folders: ['sdk', 'contract', 'policy', 'audit', 'main', 'domain'],
    packages: ['commander', 'cli-table3', 'picocolors', 'yocto-spinner'],
  },
  // A guest like the command line: it comes in through the front door. Its packages are in its bundle only.
  console: {
    folders: ['sdk', 'contract'],
    packages: [
      '@codemirror/commands',
      '@codemirror/lang-yaml',
      '@codemirror/language',
      '@codemirror/lint',
      '@codemirror/merge',
      '@codemirror/search',
      '@codemirror/state',
      '@codemirror/view',
      '@lezer/highlight',
      '@simplewebauthn/browser',
      '@tanstack/react-query',
      '@tanstack/react-router',
      '@tanstack/react-virtual',
      'lucide-react',
      'radix-ui',
      'react',
      'react-dom',
      'zod',
    ],
  },
  testing: { folders: ['ports', 'domain'], packages: ['vitest'] },
};
const UNRESTRICTED = 'main';

const BROWSER_SAFE: ReadonlySet<string> = new Set(
  ['call-types', 'error', 'request-of', 'transport'].map((name) => `sdk/${name}.ts`),
);

interface Rule {
  /** The rule, as a sentence. */
  readonly name: string;
  /** What in this module breaks it: one text per finding. */
  readonly broken: (module: Module) => readonly string[];
}

const folderOf = (path: string): string => path.split('/')[0] ?? '';

/** A rule over single imports: says which are wrong. */
function imports(name: string, wrong: (one: Import, from: string) => boolean): Rule {
  return {
    name,
    broken: ({ path, imports: all }) =>
      all.filter((one) => wrong(one, path)).map((one) => one.target),
  };
}

/** `name` may be imported below these folders only. */
function only(target: string, places: readonly string[]): Rule {
  const sentence = places.length === 0 ? 'nowhere' : `only in ${places.join(' and ')}`;
  return imports(
    `${target} is imported ${sentence}`,
    (one, from) => one.target === target && !places.some((place) => from.startsWith(`${place}/`)),
  );
}

export const RULES: readonly Rule[] = [
  {
    name: 'every module lives in a folder of the plan',
    broken: ({ path }) => (isPlanned(folderOf(path)) ? [] : [folderOf(path)]),
  },
  imports('a folder imports only the folders it may know', (one, from) => {
    const [own, other] = [folderOf(from), folderOf(one.target)];
    if (one.kind !== 'ours' || own === other || own === UNRESTRICTED) return false;
    return !(FOLDERS[own]?.folders.includes(other) ?? false);
  }),
  imports('a folder imports only the packages that are its tools', (one, from) => {
    const own = folderOf(from);
    if (one.kind !== 'package' || own === UNRESTRICTED) return false;
    return !(FOLDERS[own]?.packages.includes(one.target) ?? false);
  }),
  imports(
    'one provider does not know another',
    (one, from) =>
      /^providers\/[^/]+\//.test(from) &&
      /^providers\/[^/]+\//.test(one.target) &&
      from.split('/')[1] !== one.target.split('/')[1],
  ),
  imports(
    'domain uses nothing of Node but the inspection hook of Secret',
    (one, from) =>
      folderOf(from) === 'domain' &&
      one.kind === 'node' &&
      !(from === 'domain/secret.ts' && one.target === 'node:util'),
  ),
  only('express', ['api']),
  // The demo logs in as an agent's program would: with the driver itself.
  only('pg', ['store', POSTGRES_PROVIDER, 'gateway/postgres', 'main/demo']),
  only('pg-copy-streams', [POSTGRES_PROVIDER]),
  only('jose', ['keys']),
  only('@simplewebauthn/server', ['identity']),
  only('openid-client', ['identity']),
  only('node-vault', ['secrets/vault', 'providers/vault']),
  imports('what is imported lies inside src', (one) => one.kind === 'outside'),
  imports('what is imported is written out', (one) => one.kind === 'unknown'),
  imports(
    'the console uses nothing of Node and of the sdk only what runs in browsers',
    (one, from) =>
      folderOf(from) === 'console' &&
      (one.kind === 'node' || (folderOf(one.target) === 'sdk' && !BROWSER_SAFE.has(one.target))),
  ),
  {
    name: 'the environment is read only in platform/config',
    broken: ({ path, readsEnvironment }) =>
      readsEnvironment && !path.startsWith('platform/config/') ? ['process.env'] : [],
  },
];

function isPlanned(folder: string): boolean {
  return folder === UNRESTRICTED || folder in FOLDERS;
}

/** Everything that breaks a rule, cycles included. */
export function violationsOf(modules: readonly Module[]): Violation[] {
  const found = modules.flatMap((module) =>
    RULES.flatMap((rule) =>
      rule.broken(module).map((what) => ({ rule: rule.name, where: `${module.path} → ${what}` })),
    ),
  );
  const rule = 'no module imports itself, however long the way round';
  return [...found, ...cyclesOf(modules).map((cycle) => ({ rule, where: cycle.join(' → ') }))];
}

/** Cycles among modules, each once. Type imports count: they tie two modules together all the same. */
function cyclesOf(modules: readonly Module[]): string[][] {
  const edges = new Map(modules.map((one) => [one.path, one.imports.map((to) => to.target)]));
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start !== -1) cycles.push([...trail.slice(start), path]);
    if (start !== -1 || done.has(path)) return;
    for (const next of edges.get(path) ?? []) {
      if (edges.has(next)) visit(next, [...trail, path]);
    }
    done.add(path);
  };
  for (const { path } of modules) visit(path, []);
  return cycles;
}
