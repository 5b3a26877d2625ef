import type { EntityUidJson, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { EFFECTS, type Effect } from '../../domain/effect.ts';

/** One Cedar entity, e.g. `Team::"support"`. */
export interface EntityRef {
  readonly type: string;
  readonly id: string;
}

/** What the head of a rule asks for; `undefined` means it leaves that open. */
export interface Head {
  readonly principal?: EntityRef;
  readonly actions?: readonly Effect[];
  readonly resource?: EntityRef;
  /**
   * These fields say all that the head says: where each of them fits a request, Cedar will find the
   * head true. Not so for heads that can never match, such as `principal == Team::"x"`.
   */
  readonly exact: boolean;
}

/** `Team::"support"` as an index key. */
export function entityKey(entity: EntityRef): string {
  return `${entity.type}::${entity.id}`;
}

/**
 * Reads the head constraints of a parsed rule. `is T` leaves the entity open (it can only narrow),
 * so a head never says less than Cedar will match.
 */
export function readHead(policy: PolicyJson): Head {
  const principal = entityOf(policy.principal);
  const resource = entityOf(policy.resource);
  const actions = actionsOf(policy);
  return {
    ...(principal ? { principal } : {}),
    ...(actions ? { actions } : {}),
    ...(resource ? { resource } : {}),
    exact: isExact(policy.principal, 'Agent', ['Team']) && isExact(policy.resource, 'Scope', ABOVE),
  };
}

const ABOVE = ['Resource', 'Environment'];

/** Asks for `own` by name, for something `own` can be in, or leaves it open. */
function isExact(
  constraint: PolicyJson['principal'] | PolicyJson['resource'],
  own: string,
  above: readonly string[],
): boolean {
  const entity = entityOf(constraint);
  if (constraint.op === 'is' && constraint.entity_type !== own) return false;
  if (!entity) return constraint.op === 'All' || (constraint.op === 'is' && !constraint.in);
  return entity.type === own || (constraint.op !== '==' && above.includes(entity.type));
}

/** Plain form of either JSON spelling of an entity. */
export function entityRef(entity: EntityUidJson): EntityRef {
  const { type, id } = '__entity' in entity ? entity.__entity : entity;
  return { type, id };
}

function entityOf(constraint: PolicyJson['principal'] | PolicyJson['resource']) {
  if (constraint.op === '==' || constraint.op === 'in') {
    return 'entity' in constraint ? entityRef(constraint.entity) : undefined;
  }
  if (constraint.op === 'is' && constraint.in && 'entity' in constraint.in) {
    return entityRef(constraint.in.entity);
  }
  return undefined;
}

function actionsOf(policy: PolicyJson): readonly Effect[] | undefined {
  const constraint = policy.action;
  if (constraint.op === 'All') return undefined;
  const named = 'entities' in constraint ? constraint.entities : [];
  const all = 'entity' in constraint ? [constraint.entity] : named;
  const ids = all.map((entity) => entityRef(entity).id);
  return EFFECTS.filter((effect) => ids.includes(effect));
}
