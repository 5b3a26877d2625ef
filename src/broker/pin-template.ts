import { createHash } from 'node:crypto';
import { providerFailed } from '../domain/errors.ts';
import { type Resource, templateOf } from '../domain/resource.ts';
import type { Scope } from '../domain/scope.ts';
import { definitionText, type TemplateDefinition, templateNameOf } from '../domain/template.ts';
import type { Broker } from './context.ts';

/** The version a sandbox is cloned from. */
export interface PinnedTemplate {
  readonly id: string;
  readonly database: string;
}

/** Hex SHA-256 of what a definition says. */
export function definitionDigest(definition: TemplateDefinition): string {
  return createHash('sha256').update(definitionText(definition)).digest('hex');
}

/**
 * Ties a lease that is about to be reserved to the ready version of its scope's template.
 * @returns undefined for a scope that is no sandbox
 * @throws provider_misconfigured where none is ready, or the one that is was built by another definition
 */
export async function pinTemplate(
  broker: Pick<Broker, 'templates'>,
  leaseId: string,
  resource: Resource,
  scope: Scope,
): Promise<PinnedTemplate | undefined> {
  if (scope.effect !== 'sandbox') return undefined;
  // Checked when the bundle was activated.
  const name = templateNameOf(scope.constraints) ?? '';
  const definition = templateOf(resource, name);
  const how = `An admin runs: countersign sandbox refresh ${resource.name} ${name}`;
  const version = definition && (await broker.templates.pin(leaseId, resource.name, name));
  if (!definition || !version) {
    throw providerFailed(
      'provider_misconfigured',
      `The template ${name} of ${resource.name} has not been built yet. ${how}`,
    );
  }
  // Its masking may have been looser: what the definition says now is what a sandbox may hold.
  if (version.definition !== definitionDigest(definition)) {
    throw providerFailed(
      'provider_misconfigured',
      `The template ${name} of ${resource.name} was built by an earlier definition. ${how}`,
    );
  }
  return { id: version.id, database: version.database };
}
