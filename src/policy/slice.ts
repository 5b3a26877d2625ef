import type { EntityJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { Bundle, Rule } from './bundle.ts';
import type { EntityRef } from './cedar/head.ts';
import { entityKey } from './cedar/head.ts';
import { openHead } from './cedar/scan.ts';
import { type FactPath, factPaths } from './context.ts';
import type { Question, RuleIndex } from './rule-index.ts';

/** The rules that can match one kind of question, and the little that Cedar must be told for them. */
export interface Slice {
  readonly rules: readonly Rule[];
  /**
   * The rules as one Cedar text; Cedar names them `policy0`, `policy1`, … in order. Heads that the
   * index has answered already are open, so that most slices need no entities: those are what costs.
   */
  readonly text: string;
  /** Teams of the agent that a rule here mentions, as Cedar parents. */
  readonly agentParents: EntityRef[];
  /** The scope (if a rule looks above it) and entities written in conditions. */
  readonly entities: EntityJson[];
  readonly facts: readonly FactPath[];
}

/** Cuts the slice for a question out of the bundle. Pure; touches no WebAssembly. */
export function cutSlice(bundle: Bundle, index: RuleIndex, question: Question): Slice {
  const rules = index.candidates(question);
  const mentioned = new Set<string>();
  const written = new Map<string, EntityRef>();
  for (const { head, reads } of rules) {
    const inHead = head.exact ? [] : [head.principal, head.resource];
    for (const entity of inHead) {
      if (entity) mentioned.add(entityKey(entity));
    }
    for (const entity of reads.entities) {
      mentioned.add(entityKey(entity));
      written.set(entityKey(entity), entity);
    }
  }
  const isMentioned = (entity: EntityRef) => mentioned.has(entityKey(entity));
  const scope = { type: 'Scope', id: question.scope };
  written.set(entityKey(scope), scope);
  return {
    rules,
    text: rules.map(textIn).join('\n'),
    agentParents: question.teams.map((id) => ({ type: 'Team', id })).filter(isMentioned),
    entities: entitiesOf(bundle, [...written.values()], isMentioned),
    facts: factPaths(rules.flatMap((rule) => rule.reads.context)),
  };
}

function textIn({ head, text, effect }: Rule): string {
  return head.exact ? openHead(text, effect) : text;
}

/** Entities with those parents that a rule mentions; one without such a parent need not be passed. */
function entitiesOf(
  bundle: Bundle,
  entities: readonly EntityRef[],
  isMentioned: (entity: EntityRef) => boolean,
): EntityJson[] {
  return entities.flatMap((uid) => {
    const parents = ancestors(bundle, uid).filter(isMentioned);
    return parents.length > 0 ? [{ uid: { ...uid }, attrs: {}, parents }] : [];
  });
}

/** Everything above a scope or resource, flattened: Cedar's `in` is transitive. */
export function ancestors(bundle: Bundle, { type, id }: EntityRef): EntityRef[] {
  const name = type === 'Scope' ? bundle.scopes.get(id)?.resource : id;
  const resource = name === undefined ? undefined : bundle.resources.get(name);
  if (!resource) return [];
  const environment = { type: 'Environment', id: resource.environment.name };
  if (type === 'Resource') return [environment];
  return type === 'Scope' ? [{ type: 'Resource', id: resource.name }, environment] : [];
}
