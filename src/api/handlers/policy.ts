import { askWhatCan, askWhoCan } from '../../broker/ask-policy.ts';
import type { Broker } from '../../broker/context.ts';
import { explainPolicy } from '../../broker/explain-policy.ts';
import {
  activateBundle,
  type CheckedBundle,
  checkBundle,
  readBundle,
  storeBundle,
} from '../../broker/manage-policy.ts';
import { invalidRequest } from '../../domain/errors.ts';
import { awaiting } from '../awaiting.ts';
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

type Stored = Awaited<ReturnType<typeof readBundle>>['stored'];

function info(broker: Broker, { version, digest, note, author, createdAt }: Stored) {
  const active = version === broker.policy.version();
  return { version, digest, note, author, active, created_at: present.time(createdAt) };
}

function versionOf(params: Readonly<Record<string, string>>): number {
  const text = params['version'] ?? '';
  if (!/^[1-9][0-9]{0,8}$/.test(text)) {
    throw invalidRequest('version: a number, as listed.', 'version');
  }
  return Number(text);
}

export const policyHandlers: Pick<
  Handlers,
  | 'storeBundle'
  | 'listBundles'
  | 'getBundle'
  | 'validateBundle'
  | 'diffBundle'
  | 'activateBundle'
  | 'whoCan'
  | 'whatCan'
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
      (row) => info(broker, row),
    );
  },
  getBundle: async ({ broker, params }) => {
    const { stored, files } = await readBundle(broker, versionOf(params));
    return { ...info(broker, stored), files };
  },
  validateBundle: async ({ broker, body }) => checked(await checkBundle(broker, body.files)),
  diffBundle: async ({ broker, body }) => (await checkBundle(broker, body.files)).diff,
  activateBundle: async ({ broker, principal, params, query }) => {
    const done = await activateBundle(broker, principal.id, versionOf(params), query.from);
    if (done.kind === 'asked') return awaiting(broker, done.approval);
    return { version: done.version, previous: done.previous ?? null };
  },
  whoCan: ({ broker, query }) => askWhoCan(broker, query.scope, query.action),
  whatCan: ({ broker, query }) => askWhatCan(broker, query.agent),
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
