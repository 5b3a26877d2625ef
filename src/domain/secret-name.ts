const NAME = /^[a-z0-9][a-z0-9_.-]*(?:\/[a-z0-9][a-z0-9_.-]*)*$/;
const MAX_LENGTH = 128;

/** May a secret have this name? Segments of `[a-z0-9_.-]` between slashes, none of them `..`. */
export function isSecretName(text: string): boolean {
  return text.length <= MAX_LENGTH && NAME.test(text) && !text.includes('..');
}
