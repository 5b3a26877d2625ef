import { dirname, join, normalize } from 'node:path';
import { type EcmaScriptModule, parseSync, Visitor } from 'oxc-parser';

/** One module of `src`, with what it imports and whether it reads the environment. */
export interface Module {
  /** Relative to `src`, with slashes: `policy/decide.ts`. */
  readonly path: string;
  readonly imports: readonly Import[];
  readonly readsEnvironment: boolean;
}

export interface Import {
  /** Path relative to `src` for a module of ours, else the package's name or `node:…`. */
  readonly target: string;
  readonly kind: 'ours' | 'package' | 'node' | 'outside' | 'unknown';
  /** Erased by the compiler: `import type`. */
  readonly typeOnly: boolean;
}

/** Reads sources, keyed by path relative to `src`. A file that does not parse throws. */
export function readModules(sources: ReadonlyMap<string, string>): Module[] {
  return [...sources].map(([path, source]) => readModule(path, source));
}

function readModule(path: string, source: string): Module {
  const { program, module, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const imports: Import[] = [];
  const add = (request: string | undefined, typeOnly: boolean) => {
    imports.push(classify(path, request, typeOnly));
  };
  for (const { moduleRequest, entries } of module.staticImports) {
    add(moduleRequest.value, entries.length > 0 && entries.every((entry) => entry.isType));
  }
  for (const { entries } of module.staticExports) {
    for (const entry of entries) {
      if (entry.moduleRequest) add(entry.moduleRequest.value, entry.isType);
    }
  }
  let readsEnvironment = importsEnvironment(module);
  new Visitor({
    ImportExpression: ({ source: from }) => add(literalOf(from), false),
    TSImportType: ({ source: from }) => add(literalOf(from), true),
    MemberExpression: ({ object, property }) => {
      if (textOf(property) === 'env' && isProcess(object)) readsEnvironment = true;
    },
    VariableDeclarator: ({ id, init }) => {
      if (id.type !== 'ObjectPattern' || !init || !isProcess(init)) return;
      readsEnvironment ||= id.properties.some(
        (one) => one.type !== 'Property' || textOf(one.key) === 'env',
      );
    },
  }).visit(program);
  return { path, imports, readsEnvironment };
}

/** `process`, also as `globalThis.process`. */
function isProcess(node: object): boolean {
  if ('property' in node) return textOf(node.property) === 'process';
  return textOf(node) === 'process';
}

/** The text of a string literal; undefined for anything that must be computed. */
function literalOf(node: object): string | undefined {
  return 'name' in node ? undefined : textOf(node);
}

/** The text of a string literal, or an identifier's name. */
function textOf(node: unknown): string | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  if ('name' in node && typeof node.name === 'string') return node.name;
  return 'value' in node && typeof node.value === 'string' ? node.value : undefined;
}

/** Through a default or namespace import of node:process anything can be read. */
function importsEnvironment(module: EcmaScriptModule): boolean {
  return module.staticImports
    .filter(({ moduleRequest }) => /^(node:)?process$/.test(moduleRequest.value))
    .some(({ entries }) =>
      entries.some(({ importName: { name } }) => !name || name === 'env' || name === 'default'),
    );
}

function classify(path: string, request: string | undefined, typeOnly: boolean): Import {
  if (request === undefined) return { target: '(computed)', kind: 'unknown', typeOnly };
  if (request.startsWith('node:')) return { target: request, kind: 'node', typeOnly };
  if (!request.startsWith('.')) {
    const parts = request.split('/');
    const target = parts.slice(0, request.startsWith('@') ? 2 : 1).join('/');
    return { target, kind: 'package', typeOnly };
  }
  const target = normalize(join(dirname(path), request)).replaceAll('\\', '/');
  return { target, kind: target.startsWith('..') ? 'outside' : 'ours', typeOnly };
}
