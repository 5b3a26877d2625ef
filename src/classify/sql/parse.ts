type Parser = typeof import('libpg-query');

/** Bytes of one statement. */
const MOST_BYTES = 65_536;
/** The parser's memory and its stack grow with tokens; this many never come near their ends. */
const MOST_TOKENS = 5_000;
/** Levels of its tree: whoever walks it does so by recursion. */
const DEEPEST = 600;

/** One token; offsets are bytes of the UTF-8 text. */
export interface Token {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly name: string;
}

/** A node of the parse tree, as PostgreSQL's own grammar gives it: `{ SelectStmt: { … } }`. */
export type Tree = Readonly<Record<string, unknown>>;

export type Parsed =
  | { readonly statement: Tree; readonly tokens: readonly Token[] }
  | { readonly problem: string };

/** Loaded with the first statement: whoever never sends one does not carry it along. */
let loaded: Parser | undefined;

/** Must have resolved before the first parse. */
export async function loadParser(): Promise<void> {
  const library = await import('libpg-query');
  await library.loadModule();
  loaded = library;
}

function parser(): Parser {
  if (!loaded) throw new Error('the parser is not loaded yet');
  return loaded;
}

/**
 * Reads a text with PostgreSQL's own parser (version 18).
 * @returns the one statement in it, or why it has no single reading
 */
export function parseOne(sql: string): Parsed {
  // The parser would stop at a NUL, and read half of a pair as something else.
  if (sql.includes('\0')) return { problem: 'NUL is no text' };
  if (Buffer.from(sql).toString() !== sql) return { problem: 'this is not well-formed Unicode' };
  if (Buffer.byteLength(sql) > MOST_BYTES) return { problem: `at most ${MOST_BYTES} bytes` };
  try {
    const tokens = scan(sql);
    if (tokens.length > MOST_TOKENS) return { problem: `at most ${MOST_TOKENS} tokens` };
    const { stmts = [] } = parser().parseSync(sql) as { stmts?: { stmt?: Tree }[] };
    const [first, ...others] = stmts;
    if (others.length > 0) return { problem: 'one statement at a time' };
    if (!first?.stmt) return { problem: 'there is no statement in it' };
    if (isDeeper(first.stmt, DEEPEST)) return { problem: 'it is nested too deeply' };
    return { statement: first.stmt, tokens };
  } catch (error) {
    return { problem: error instanceof Error ? error.message.slice(0, 200) : 'not understood' };
  }
}

/** Level by level, since a recursion is what this guards. */
function isDeeper(tree: Tree, most: number): boolean {
  let level: unknown[] = [tree];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > most) return true;
    level = level.flatMap((one) =>
      typeof one === 'object' && one !== null ? Object.values(one) : [],
    );
  }
  return false;
}

function scan(sql: string): Token[] {
  return parser()
    .scanSync(sql)
    .tokens.filter(({ tokenName }) => tokenName !== 'C_COMMENT' && tokenName !== 'SQL_COMMENT')
    .map(({ start, end, text, tokenName }) => ({ start, end, text, name: tokenName }));
}
