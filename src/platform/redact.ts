const REDACTED = '[redacted]';
const MAX_DEPTH = 6;

const SECRET_NAME =
  /^(?:authorization|proxy-authorization|cookie|set-cookie|dpop|password|passwd|passphrase|secret|client_?secret|token|(?:access|refresh|subject|actor|id|operator|auth)_?token|client_?assertion|assertion|credentials?|root|master_?key|private_?key|key_?material|database_?url|migrate_?database_?url|connection_?string|body|query|d|k)$/i;

/**
 * What looks like a secret wherever it stands: a JWS, a SCRAM verifier, the user part of a URL, a
 * password in SQL, a bearer token, an operator token, a link of an operator, a token of Vault, a sealed box, a PEM private key. Every pattern is linear, and none
 * matches a double quote, so that a line of JSON stays one.
 */
const SECRET_TEXT: readonly (readonly [RegExp, string])[] = [
  [/(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){1,4}/g, '[redacted jwt]'],
  [/SCRAM-SHA-256\$[^\s"'\\]+/g, '[redacted verifier]'],
  [/(?<=:\/\/)[^\s"'@/?#\\]*@/g, `${REDACTED}@`],
  [/(?<=\bpassword\s?=?\s?)'[^'"]*'/gi, REDACTED],
  [/(?<=\b(?:bearer|basic|dpop) )[A-Za-z0-9._~+/=-]{8,}/gi, REDACTED],
  [/\bcs1\.[0-9a-f]{16}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/g, '[redacted box]'],
  [
    /(?<![A-Za-z0-9_.-])(?:hv[sbr]\.[A-Za-z0-9_-]{16,}|[sbr]\.[A-Za-z0-9]{24,})/g,
    '[redacted vault token]',
  ],
  [/\bcst_(?:op|cl|ln)_[A-Za-z0-9_-]{8,}/g, '[redacted token]'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[^-"]*(?:-----END [A-Z ]*-----)?/g, '[redacted key]'],
];

/** Removes from a text everything that looks like a secret. */
export function redactText(text: string): string {
  return SECRET_TEXT.reduce((clean, [pattern, mark]) => clean.replace(pattern, mark), text);
}

/** A copy of what is to be logged, without the members that are secret by their name. */
export function redactMembers(value: object, depth = 0): object {
  if (depth > MAX_DEPTH) return { omitted: 'nested too deeply' };
  if (Array.isArray(value)) return value.map((item: unknown) => redactValue(item, depth));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      SECRET_NAME.test(name) ? REDACTED : redactValue(item, depth),
    ]),
  );
}

function redactValue(value: unknown, depth: number): unknown {
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (value instanceof Map || value instanceof Set) return `[${value.size} items]`;
  if (value instanceof Error) return describeError(value);
  if (typeof value !== 'object' || value === null) return value;
  return 'toJSON' in value ? value : redactMembers(value, depth + 1);
}

/**
 * An error for the log. Only the members every error has: drivers put statements and parameters into
 * theirs (`internalQuery`, `detail`, `where`).
 */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : typeof error;
  const { name, message, stack, cause } = error;
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    name,
    message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(stack === undefined ? {} : { stack }),
    ...(cause === undefined || depth >= 3 ? {} : { cause: describeError(cause, depth + 1) }),
  };
}
