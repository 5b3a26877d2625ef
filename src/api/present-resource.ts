import type { z } from 'zod';
import type { ResourceView } from '../broker/show-resource.ts';
import type { VerifyStep } from '../broker/verify-audit.ts';
import type { ResourceDetail, VerifyLine } from '../contract/schemas/inspect.ts';
import { type Loose, resource } from './present.ts';

type View = ResourceView['scopes'][number];

function rule(value: View['rules'][number]) {
  const { principal } = value.head;
  const { ttlSeconds, approvals, approvers, leases, mode, budget, note } = value.terms;
  return {
    id: value.id,
    effect: value.effect,
    file: value.file,
    line: value.line,
    principal: principal && `${principal.type}::${JSON.stringify(principal.id)}`,
    text: value.text,
    ttl: ttlSeconds,
    approvals,
    approvers: [...approvers],
    leases,
    mode,
    budget,
    note,
  };
}

export function resourceDetail(view: ResourceView): Loose<z.input<typeof ResourceDetail>> {
  const { templates = {}, connection } = view.resource;
  return {
    ...(resource(view.resource, view.secretSet) as z.input<typeof ResourceDetail>),
    accepted_gaps: [...connection.accept],
    file: view.place?.file,
    line: view.place?.line,
    bundle_version: view.bundleVersion,
    scope_details: view.scopes.map(({ scope, rules }) => ({
      scope: scope.id,
      effect: scope.effect,
      description: scope.description,
      max_ttl: scope.maxTtlSeconds,
      constraints: scope.constraints,
      rules: rules.map((it) => rule(it) as never),
    })),
    template_details: Object.entries(templates).map(([template, definition]) => ({
      template,
      source: definition.source,
      personal: [...definition.personal],
      masking: definition.masking,
    })),
  };
}

/** One line of the answer, without its end. */
export function verifyLine(step: VerifyStep): VerifyLine {
  if (!('verdict' in step)) return step;
  const { ok, entries, head, anchored, anchor, firstBad } = step.verdict;
  const verdict = { ok, entries, head: `${head.seq}:${head.hash}`, anchored, anchor };
  return { verdict: firstBad === undefined ? verdict : { ...verdict, first_bad: firstBad } };
}
