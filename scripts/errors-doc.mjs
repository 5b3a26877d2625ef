// Writes docs/errors.md from the one table of errors. A test holds both together.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ensureInstalled, ROOT } from './ensure.mjs';

const INTRODUCTION = `# Errors

<!-- Generated from src/contract/errors.ts by \`node scripts/errors-doc.mjs\`. -->

The JSON API answers with \`application/problem+json\` (RFC 9457), the OAuth endpoints with the body of RFC 6749 §5.2. Both
carry the same \`code\`: it is part of the API, the sentence in \`detail\` or \`error_description\` is not.

\`\`\`json
{
  "type": "urn:countersign:error:access_denied",
  "title": "Denied by policy",
  "status": 403,
  "code": "access_denied",
  "detail": "No rule allows this agent orders-db-staging:write.",
  "hint": {
    "alternatives": ["orders-db-staging:read", "orders-db:read"],
    "how": "Ask for one of the alternatives, or ask an operator for a rule."
  },
  "request_id": "req_01m81szf7vf22krg1pav1kqa5z"
}
\`\`\`

\`hint\` comes with refusals: the rule that decided, scopes that would be allowed now, how to go on. \`field\` names the member
or parameter that is wrong. \`problems\` lists every defect of a bundle with file and line. Where \`Retry-After\` is sent, wait so
many seconds. \`request_id\` is in the broker's log as well.

"Again" says whether the very same request may work later. Two statuses: JSON API / OAuth endpoints, where they differ.
`;

/** The page, from the table `code → shape`. */
export function renderErrors(errors) {
  const rows = Object.entries(errors).map(([code, shape]) => {
    const oauth = shape.oauthStatus === undefined ? '' : ` / ${shape.oauthStatus}`;
    const error = shape.oauthError === undefined ? '–' : `\`${shape.oauthError}\``;
    return [
      `\`${code}\``,
      `${shape.status}${oauth}`,
      error,
      shape.retryable ? 'yes' : 'no',
      `${shape.title}. ${shape.next}`,
    ];
  });
  const lines = [
    ['code', 'status', 'OAuth `error`', 'again', 'what it means, and what to do'],
    ['---', '---', '---', '---', '---'],
    ...rows,
  ].map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  return `${INTRODUCTION}\n${lines.join('\n')}\n`;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  ensureInstalled();
  ensureBuilt();
  const { ERRORS } = await import(pathToFileURL(join(ROOT, 'dist/contract/errors.js')).href);
  writeFileSync(join(ROOT, 'docs/errors.md'), renderErrors(ERRORS));
}
