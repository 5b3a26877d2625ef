import type { Effect } from '../domain/effect.ts';
import type { Bundle, Rule } from './bundle.ts';
import { entityKey } from './cedar/head.ts';

/** What a request is looked up by. */
export interface Question {
  readonly agentId: string;
  readonly teams: readonly string[];
  readonly scope: string;
  readonly resource: string;
  readonly environment: string;
  readonly action: Effect;
}

interface Entry {
  readonly position: number;
  readonly rule: Rule;
}

/**
 * Finds the rules whose head can match a question: (this agent, its teams or anyone) × (this scope,
 * resource, environment or anything) × action. Cedar tests the head before the condition, so a rule
 * left out here could neither match nor err; a property test compares with the whole bundle.
 */
export class RuleIndex {
  readonly #buckets = new Map<string, Entry[]>();
  /** `Team::…` and `Agent::…` that some rule mentions: nothing else about an agent matters. */
  readonly #mentioned = new Set<string>();

  constructor(bundle: Pick<Bundle, 'rules'>) {
    for (const [position, rule] of bundle.rules.entries()) {
      const { principal, resource } = rule.head;
      const key = `${principal ? entityKey(principal) : '*'}|${resource ? entityKey(resource) : '*'}`;
      const bucket = this.#buckets.get(key);
      if (bucket) bucket.push({ position, rule });
      else this.#buckets.set(key, [{ position, rule }]);
      if (principal) this.#mentioned.add(entityKey(principal));
      for (const entity of rule.reads.entities) this.#mentioned.add(entityKey(entity));
    }
  }

  /**
   * The part of the asking agent that any rule can see. Two agents with the same key get the same
   * rules for the same scope and action.
   */
  visible(agentId: string, teams: readonly string[]): { id: string; teams: string[]; key: string } {
    const seen = teams.filter((team) => this.#mentioned.has(`Team::${team}`)).sort();
    const id = this.#mentioned.has(`Agent::${agentId}`) ? agentId : '';
    return { id, teams: seen, key: JSON.stringify([id, seen]) };
  }

  /** Candidate rules in bundle order. */
  candidates(question: Question): Rule[] {
    const principals = ['*', `Agent::${question.agentId}`];
    for (const team of new Set(question.teams)) principals.push(`Team::${team}`);
    const resources = [
      '*',
      `Scope::${question.scope}`,
      `Resource::${question.resource}`,
      `Environment::${question.environment}`,
    ];
    const found: Entry[] = [];
    for (const principal of principals) {
      for (const resource of resources) {
        for (const entry of this.#buckets.get(`${principal}|${resource}`) ?? []) {
          const { actions } = entry.rule.head;
          if (!actions || actions.includes(question.action)) found.push(entry);
        }
      }
    }
    return found.sort((a, b) => a.position - b.position).map(({ rule }) => rule);
  }
}
