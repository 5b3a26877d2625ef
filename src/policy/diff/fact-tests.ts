import type { Rule } from '../bundle.ts';
import { withCedar } from '../cedar/engine.ts';

/** The leaves of the context that a rule can read; `age` is `time.unix - task.opened_at`. */
export type FactName =
  | 'task.id'
  | 'task.opened_by'
  | 'task.opened_at'
  | 'task.verified_ticket'
  | 'time.unix'
  | 'time.hour'
  | 'time.minute'
  | 'time.weekday'
  | 'claimed.purpose'
  | 'claimed.ticket'
  | 'age';

/** Characters of a `like` pattern; `null` stands for `*`. */
export type Pattern = readonly (string | null)[];

/** One question that a condition asks about one fact. */
export type FactTest =
  | { readonly fact: FactName; readonly is: Comparison; readonly number: number }
  | { readonly fact: FactName; readonly like: Pattern };
export type Comparison = '==' | '<' | '<=' | '>' | '>=';

/** What the conditions of a rule ask about the context. */
export interface FactReads {
  /** Facts whose presence or value is looked at at all. */
  readonly facts: ReadonlySet<FactName>;
  readonly tests: readonly FactTest[];
  /** Facts used in ways that no list of tests describes: arithmetic, comparing two facts, whole records. */
  readonly opaque: ReadonlySet<FactName>;
}

const LEAVES: readonly FactName[] = [
  'task.id',
  'task.opened_by',
  'task.opened_at',
  'task.verified_ticket',
  'time.unix',
  'time.hour',
  'time.minute',
  'time.weekday',
  'claimed.purpose',
  'claimed.ticket',
];
const OPTIONAL: readonly string[] = ['task.verified_ticket', 'claimed.purpose', 'claimed.ticket'];
const MIRRORED = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;

type Operator = keyof typeof MIRRORED;
type Node = Readonly<Record<string, unknown>>;

interface Found {
  readonly facts: Set<FactName>;
  readonly tests: FactTest[];
  readonly opaque: Set<FactName>;
}

/** Reads what a rule asks about the context, from Cedar's own parse of it. */
export function factReadsOf(rule: Rule): FactReads {
  const found: Found = { facts: new Set(), tests: [], opaque: new Set() };
  if (rule.reads.context.length === 0) return found;
  const parsed = withCedar((cedar) => cedar.policyToJson(rule.text));
  if (parsed.type === 'failure') {
    for (const leaf of LEAVES) found.opaque.add(leaf);
    return found;
  }
  const open: unknown[] = parsed.json.conditions.map(({ body }) => body);
  // An explicit stack, as in `readsOf`: hostile text must not decide how deep we recurse.
  for (let node = open.pop(); node !== undefined; node = open.pop())
    open.push(...visit(node, found));
  for (const fact of found.opaque) found.facts.add(fact);
  return found;
}

/** Notes what `node` asks by itself and returns the nodes below it that are still to be looked at. */
function visit(node: unknown, found: Found): unknown[] {
  if (Array.isArray(node)) return node;
  if (!isNode(node)) return [];
  if (isNode(node['Record'])) return Object.values(node['Record']);
  if (node['Value'] !== undefined) return [];
  if (comparison(node, found) || like(node, found) || oneOf(node, found)) return [];
  if (isNode(node['has'])) return presence(node['has'], found);
  const path = pathOf(node);
  if (path) {
    for (const leaf of leavesUnder(path)) found.opaque.add(leaf);
    return [];
  }
  return Object.values(node);
}

function comparison(node: Node, found: Found): boolean {
  const operator = (Object.keys(MIRRORED) as Operator[]).find((it) => isNode(node[it]));
  const sides = operator && node[operator];
  if (!operator || !isNode(sides)) return false;
  const { left, right } = sides;
  const straight = literalOf(right) !== undefined;
  const fact = factOf(straight ? left : right);
  const literal = literalOf(straight ? right : left);
  if (fact === undefined || literal === undefined) return false;
  const is = straight ? operator : MIRRORED[operator];
  // Equal and different split a domain in the same place.
  return note(found, fact, is === '!=' ? '==' : is, literal);
}

function note(found: Found, fact: FactName, is: Comparison, literal: string | number): boolean {
  // Nothing says when a task may have been opened, so absolute dates of opening are not enumerated.
  if (fact === 'task.opened_at') return false;
  if (typeof literal === 'number') found.tests.push({ fact, is, number: literal });
  else found.tests.push({ fact, like: [...literal] });
  found.facts.add(fact);
  return true;
}

function like(node: Node, found: Found): boolean {
  const it = node['like'];
  const fact = isNode(it) ? factOf(it['left']) : undefined;
  if (!isNode(it) || fact === undefined || !Array.isArray(it['pattern'])) return false;
  const pattern = it['pattern'].flatMap((part: unknown) =>
    isNode(part) && typeof part['Literal'] === 'string' ? [...part['Literal']] : [null],
  );
  found.tests.push({ fact, like: pattern });
  found.facts.add(fact);
  return true;
}

/** `["a", "b"].contains(context.task.opened_by)` */
function oneOf(node: Node, found: Found): boolean {
  const it = node['contains'];
  const set = isNode(it) && isNode(it['left']) ? it['left']['Set'] : undefined;
  const fact = isNode(it) ? factOf(it['right']) : undefined;
  if (fact === undefined || !Array.isArray(set)) return false;
  const literals = set.map(literalOf);
  if (literals.includes(undefined)) return false;
  return literals.every((literal) => note(found, fact, '==', literal as string | number));
}

/** `context.task has verified_ticket`; what is always there, or never, asks nothing. */
function presence(has: Node, found: Found): unknown[] {
  const above = isContext(has['left']) ? [] : pathOf(has['left']);
  if (!above) return [has['left']];
  const path = [...above, ...[has['attr']].flat().map(String)].join('.');
  if (OPTIONAL.includes(path)) found.facts.add(path as FactName);
  return [];
}

/** The fact that `node` is: one leaf of the context, or the age of the task. */
function factOf(node: unknown): FactName | undefined {
  const path = pathOf(node)?.join('.');
  if (path !== undefined) return LEAVES.find((leaf) => leaf === path);
  const difference = isNode(node) ? node['-'] : undefined;
  if (!isNode(difference)) return undefined;
  const [from, to] = [difference['left'], difference['right']].map((it) => pathOf(it)?.join('.'));
  return from === 'time.unix' && to === 'task.opened_at' ? 'age' : undefined;
}

/** `context.task.id` → ['task', 'id']; [] for `context` itself. */
function pathOf(node: unknown): string[] | undefined {
  const path: string[] = [];
  let at: unknown = node;
  while (isNode(at) && !isContext(at)) {
    const step = at['.'];
    if (!isNode(step)) return undefined;
    path.unshift(String(step['attr']));
    at = step['left'];
  }
  return isContext(at) ? path : undefined;
}

function leavesUnder(path: readonly string[]): FactName[] {
  const whole = path.slice(0, 2).join('.');
  return LEAVES.filter((leaf) => whole === '' || leaf === whole || leaf.startsWith(`${whole}.`));
}

function literalOf(node: unknown): string | number | undefined {
  const value = isNode(node) ? node['Value'] : undefined;
  if (typeof value === 'string') return value;
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

function isContext(node: unknown): boolean {
  return isNode(node) && node['Var'] === 'context';
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
