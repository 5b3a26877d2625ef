import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import type { z } from 'zod';
import type { Problems } from './problems.ts';

type Path = readonly PropertyKey[];

/** A YAML file that fits its schema, and where each part of it stands. */
export interface YamlFile<T> {
  readonly value: T;
  /** 1-based line of the key or item at `path`; of the nearest parent where it is absent. */
  lineOf(path: Path): number;
}

/**
 * Parses one YAML 1.2 file strictly: duplicate keys, anchors, aliases, tags and several documents are
 * refused, and so is every key the schema does not know. Messages never repeat a value, which may be
 * a secret put there by mistake.
 * @returns `undefined` when anything was added to `problems`
 */
export function readYaml<T extends z.ZodType>(
  file: string,
  text: string,
  schema: T,
  problems: Problems,
): YamlFile<z.output<T>> | undefined {
  const lines = new LineCounter();
  const document = parse(file, text, lines, problems);
  if (!document) return undefined;
  const lineOf = (path: Path) => lines.linePos(offsetOf(document, path)).line;
  const result = schema.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (result.success) return { value: result.data, lineOf };
  for (const issue of result.error.issues) report(file, issue, lineOf, problems);
  return undefined;
}

function parse(
  file: string,
  text: string,
  lines: LineCounter,
  problems: Problems,
): Document.Parsed | undefined {
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' });
  } catch {
    problems.add(file, 1, 'This YAML nests too deeply to be read.');
    return undefined;
  }
  let sound = true;
  const refuse = (offset: number, message: string) => {
    sound = false;
    problems.add(file, lines.linePos(offset).line, message);
  };
  for (const error of [...document.errors, ...document.warnings]) {
    refuse(error.pos[0], `YAML: ${firstLine(error.message)}`);
  }
  if (sound) refuseTricks(document, refuse);
  return sound ? document : undefined;
}

/**
 * Aliases make a small file large, and a reader can't see what an anchor will mean elsewhere.
 * `__proto__` would be dropped on the way to a plain object: what is written must count or be refused.
 */
function refuseTricks(document: Document.Parsed, refuse: (at: number, text: string) => void) {
  visit(document, {
    Node: (_key, node) => {
      const anchored = 'anchor' in node && node.anchor !== undefined;
      if (!anchored && !isAlias(node) && !node.tag) return undefined;
      refuse(node.range?.[0] ?? 0, 'YAML anchors, aliases and tags are not used here.');
      return visit.BREAK;
    },
    Pair: (_key, { key }) => {
      if (isScalar(key) && key.value !== '__proto__') return undefined;
      const at = isNode(key) ? key.range?.[0] : undefined;
      refuse(at ?? 0, 'YAML: this key is not used here');
      return visit.BREAK;
    },
  });
}

function report(
  file: string,
  issue: z.core.$ZodIssue,
  lineOf: (path: Path) => number,
  problems: Problems,
): void {
  const where = issue.path.map(String).join('.') || 'this file';
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      const message = `Unknown key ${JSON.stringify(key.slice(0, 60))} in ${where}.`;
      problems.add(file, lineOf([...issue.path, key]), message);
    }
    return;
  }
  problems.add(file, lineOf(issue.path), `${where}: ${firstLine(issue.message)}.`);
}

function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of path) {
    const [key, value] = child(node, step);
    if (!key) return offset;
    offset = key.range?.[0] ?? offset;
    node = value;
  }
  return offset;
}

/** The node that stands for `step` (a key, or the item itself) and the node below it. */
function child(node: unknown, step: PropertyKey): [Node | undefined, unknown] {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
    return [pair && isNode(pair.key) ? pair.key : undefined, pair?.value];
  }
  if (isSeq(node)) {
    const item = node.items[Number(step)];
    return [isNode(item) ? item : undefined, item];
  }
  return [undefined, undefined];
}

function firstLine(message: string): string {
  return (message.split('\n', 1)[0] ?? '').replace(/[.:]$/, '');
}
