import type { DetailedError } from '@cedar-policy/cedar-wasm/nodejs';
import { readAnnotations } from './annotations.ts';
import type { Rule } from './bundle.ts';
import type { Place } from './place.ts';
import { type ParsedStatement, parseStatement } from './cedar/parse.ts';
import { countLines, type Statement, scanStatements } from './cedar/scan.ts';
import { LIMITS } from './limits.ts';
import type { Problems } from './problems.ts';

/** The rules of `rules/*.cedar`, in the order of files and statements, each with a unique `@id`. */
export function loadRules(
  files: readonly (readonly [string, string])[],
  problems: Problems,
): Rule[] {
  const rules = new Map<string, Rule>();
  let seen = 0;
  for (const [file, text] of files) {
    for (const statement of scanStatements(text)) {
      seen += 1;
      if (seen > LIMITS.rules) {
        problems.add(file, statement.line, `More than ${LIMITS.rules} rules.`);
        return [...rules.values()];
      }
      const rule = loadRule(file, statement, problems);
      const before = rule && rules.get(rule.id);
      if (rule && before) {
        const message = `@id("${rule.id}") is already used at ${before.file}:${before.line}.`;
        problems.add(file, lineOfAnnotation(statement, 'id'), message);
      } else if (rule) rules.set(rule.id, rule);
    }
  }
  return [...rules.values()];
}

function loadRule(file: string, statement: Statement, problems: Problems): Rule | undefined {
  const parsed = parse(file, statement, problems);
  if (!parsed) return undefined;
  const { effect, annotations, head, reads } = parsed;
  if (reads.depth > LIMITS.conditionDepth) {
    problems.add(file, statement.line, 'The condition nests too deeply.');
    return undefined;
  }
  const read = readAnnotations(effect, annotations);
  for (const { annotation, message } of read.problems) {
    problems.add(file, lineOfAnnotation(statement, annotation), message);
  }
  const id = annotations['id'];
  if (id === undefined) problems.add(file, statement.line, 'This rule has no @id.');
  if (typeof id !== 'string' || read.problems.length > 0) return undefined;
  const { text, line } = statement;
  return { id, effect, text, terms: read.terms, head, reads, file, line };
}

function parse(
  file: string,
  statement: Statement,
  problems: Problems,
): ParsedStatement | undefined {
  if (statement.refusal) {
    problems.add(file, statement.line, statement.refusal);
    return undefined;
  }
  try {
    const answer = parseStatement(statement.text);
    if ('parsed' in answer) return answer.parsed;
    for (const error of answer.errors) reportCedar({ file, ...statement }, error, problems);
  } catch {
    problems.add(file, statement.line, 'Cedar could not read this rule.');
  }
  return undefined;
}

/** Adds what Cedar says about a statement, at the line it points to. */
export function reportCedar(
  statement: Place & Pick<Statement, 'text'>,
  error: Pick<DetailedError, 'message' | 'help' | 'sourceLocations'>,
  problems: Problems,
): void {
  const label = error.sourceLocations?.[0];
  const offset = label?.start ?? 0;
  const message = error.message
    .replace(/^failed to parse polic\w+ from string: /, '')
    .replace(/^for policy `[^`]*`, /, '');
  const expected = label?.label ? ` (${label.label})` : '';
  const help = error.help ? `; ${error.help}` : '';
  const line = statement.line + linesBeforeByte(statement.text, offset);
  problems.add(statement.file, line, `Cedar: ${message}${expected}${help}.`);
}

/** Cedar counts bytes of UTF-8; lines are counted the same way. */
function linesBeforeByte(text: string, offset: number): number {
  const before = Buffer.from(text).subarray(0, offset).toString('latin1');
  return countLines(before, 0, before.length);
}

function lineOfAnnotation(statement: Statement, annotation: string): number {
  const at = statement.text.search(new RegExp(`@\\s*${annotation.replace(/\W/g, '')}\\b`));
  return statement.line + (at < 0 ? 0 : countLines(statement.text, 0, at));
}
