/**
 * What a bundle may weigh. The Cedar figures keep hostile text away from the WebAssembly stack: about
 * 150 nested brackets overflow it, and an overflow ends that instance for good.
 */
export const LIMITS = {
  files: 2_000,
  fileBytes: 2_097_152,
  totalBytes: 8_388_608,
  problems: 100,
  rules: 20_000,
  statementChars: 16_384,
  /** Nested (), [] and {} in one statement. */
  brackets: 24,
  /** `if` in one statement: each one nests the parser. */
  conditionals: 24,
  /** Operators, dots and path separators in one statement. */
  operators: 600,
  /** Levels of the parsed condition, two for each operator: evaluation recurses that far. */
  conditionDepth: 200,
} as const;
