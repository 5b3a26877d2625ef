import { explainPolicy } from '../../broker/explain-policy.ts';
import {
  activateBundle,
  type CheckedBundle,
  checkBundle,
  storeBundle,
} from '../../broker/manage-policy.ts';
import { invalidRequest } from '../../domain/errors.ts';
import type { Handlers } from '../handler.ts';
import { beforeNumber, paged } from '../page.ts';
import * as present from '../present.ts';

function checked({ bundle, validation, diff }: CheckedBundle) {
  return {
    digest: bundle.digest,
    diff,
    tests: { passed: validation.tests.length, failed: 0 },
    warnings: validation.warnings.map(({ file, line, message }) => `${file}:${line}: ${message}`),
  };
}

export const policyHandlers: Pick<
  Handlers,
  | 'storeBundle'
  | 'listBundles'
  | 'validateBundle'
  | 'diffBundle'
  | 'activateBundle'
  | 'explainPolicy'
> = {
  storeBundle: async ({ broker, principal, body }) => {
    const result = await storeBundle(broker, principal.id, body);
    return { version: result.stored.version, ...checked(result) };
  },
  listBundles: async ({ broker, query: { limit, cursor } }) => {
    const rows = await broker.bundles.list({ limit: limit + 1, ...beforeNumber(cursor) });
    return paged(
      rows,
      limit,
      (row) => String(row.version),
      (row) => ({
        version: row.version,
        digest: row.digest,
        note: row.note,
        author: row.author,
        active: row.version === broker.policy.version(),
        created_at: present.time(row.createdAt),
      }),
    );
  },
  validateBundle: async ({ broker, body }) => checked(checkBundle(broker, body.files)),
  diffBundle: async ({ broker, body }) => checkBundle(broker, body.files).diff,
  activateBundle: async ({ broker, principal, params }) => {
    const text = params['version'] ?? '';
    if (!/^[1-9][0-9]{0,8}$/.test(text)) {
      throw invalidRequest('version: a number, as listed.', 'version');
    }
    const { version, previous } = await activateBundle(broker, principal.id, Number(text));
    return { version, previous: previous ?? null };
  },
  explainPolicy: async ({ broker, body }) => {
    const result = await explainPolicy(broker, body);
    const { decision } = result;
    return {
      decision: decision.outcome,
      scope: body.scope,
      agent: result.agentId,
      rules: [...decision.rules],
      considered: [...result.considered, ...result.nearly].map(({ rule, matched, unmet }) => ({
        rule: rule.id,
        effect: rule.effect,
        file: rule.file,
        line: rule.line,
        matched,
        unmet: [...unmet],
      })),
      terms: decision.outcome === 'deny' ? undefined : decision.terms,
      errors: decision.outcome === 'deny' ? [...decision.errors] : [],
      hint: result.hint,
    };
  },
};
