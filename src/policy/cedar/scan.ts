import { LIMITS } from '../limits.ts';

/** One statement of a Cedar file: its text from the first token to `;`, and where it starts. */
export interface Statement {
  readonly text: string;
  /** 1-based line of the first token. */
  readonly line: number;
  /** Set when the text must not reach the parser. */
  readonly refusal?: string;
}

const OPENING = '([{';
const CLOSING = ')]}';
const OPERATORS = '&|+-*.:=<>!';

interface Counts {
  depth: number;
  deepest: number;
  conditionals: number;
  operators: number;
}

/**
 * Splits a Cedar file into statements without parsing them, and counts what could overflow the
 * parser's stack. Strings and comments are skipped the way Cedar's lexer skips them (a comment ends
 * at CR or LF). Text after the last `;` is a statement too, so that it meets the parser's refusal.
 */
export function scanStatements(source: string): Statement[] {
  const statements: Statement[] = [];
  let at = 0;
  let line = 1;
  while (at < source.length) {
    const start = skipTrivia(source, at);
    line += countLines(source, at, start);
    if (start >= source.length) break;
    const counts: Counts = { depth: 0, deepest: 0, conditionals: 0, operators: 0 };
    const end = endOfStatement(source, start, counts);
    const text = source.slice(start, end);
    const refusal = refuse(text, counts);
    statements.push({ text, line, ...(refusal ? { refusal } : {}) });
    line += countLines(source, start, end);
    at = end;
  }
  return statements;
}

/**
 * A parsed statement without its annotations and with an open head: `permit (principal, action,
 * resource)` and then its conditions as written.
 */
export function openHead(statement: string, effect: 'permit' | 'forbid'): string {
  let at = skipTrivia(statement, 0);
  while (statement.charAt(at) === '@') {
    at = skipTrivia(statement, endOfAnnotation(statement, at));
  }
  at = endOfBrackets(statement, statement.indexOf('(', at));
  return `${effect} (principal, action, resource)${statement.slice(at)}`;
}

/** After `@name("value")`; the value may be missing. */
function endOfAnnotation(text: string, from: number): number {
  let at = skipTrivia(text, from + 1);
  while (/\w/.test(text.charAt(at))) at += 1;
  const open = skipTrivia(text, at);
  return text.charAt(open) === '(' ? endOfBrackets(text, open) : at;
}

/** After the bracket that closes the one at `from`. */
function endOfBrackets(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === '"') at = endOfString(text, at);
    else if (isComment(text, at)) at = endOfComment(text, at);
    else {
      if (OPENING.includes(char)) depth += 1;
      else if (CLOSING.includes(char)) depth -= 1;
      at += 1;
      if (depth === 0) return at;
    }
  }
  return text.length;
}

/** Line breaks in `text` before `offset`. */
export function countLines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) {
    count += 1;
  }
  return count;
}

function refuse(text: string, counts: Counts): string | undefined {
  if (text.length > LIMITS.statementChars) {
    return `This rule is longer than ${LIMITS.statementChars} characters.`;
  }
  if (counts.deepest > LIMITS.brackets) return `Brackets nest deeper than ${LIMITS.brackets}.`;
  if (counts.conditionals > LIMITS.conditionals) {
    return `More than ${LIMITS.conditionals} "if" in one rule.`;
  }
  if (counts.operators > LIMITS.operators) {
    return `More than ${LIMITS.operators} operators in one rule.`;
  }
  return undefined;
}

function endOfStatement(source: string, start: number, counts: Counts): number {
  let at = start;
  while (at < source.length) {
    const char = source.charAt(at);
    if (char === ';') return at + 1;
    if (char === '"') at = endOfString(source, at);
    else if (isComment(source, at)) at = endOfComment(source, at);
    else {
      count(source, at, char, counts);
      at += 1;
    }
  }
  return source.length;
}

function count(source: string, at: number, char: string, counts: Counts): void {
  if (OPENING.includes(char)) {
    counts.depth += 1;
    counts.deepest = Math.max(counts.deepest, counts.depth);
  } else if (CLOSING.includes(char)) counts.depth -= 1;
  else if (OPERATORS.includes(char)) counts.operators += 1;
  else if (char === 'i' && isConditional(source, at)) counts.conditionals += 1;
}

function isConditional(source: string, at: number): boolean {
  return source.startsWith('if', at) && !/\w/.test(source.charAt(at - 1) + source.charAt(at + 2));
}

function skipTrivia(source: string, from: number): number {
  let at = from;
  while (at < source.length) {
    if (isComment(source, at)) at = endOfComment(source, at);
    else if (/\s/.test(source.charAt(at))) at += 1;
    else break;
  }
  return at;
}

function isComment(source: string, at: number): boolean {
  return source.charAt(at) === '/' && source.charAt(at + 1) === '/';
}

function endOfComment(source: string, from: number): number {
  let at = from;
  while (at < source.length && source.charAt(at) !== '\n' && source.charAt(at) !== '\r') at += 1;
  return at;
}

function endOfString(source: string, from: number): number {
  let at = from + 1;
  while (at < source.length) {
    const char = source.charAt(at);
    if (char === '"') return at + 1;
    at += char === '\\' ? 2 : 1;
  }
  return source.length;
}
