import type { Resource } from '../domain/resource.ts';
import { isSandbox, templateOf } from '../domain/resource.ts';
import { type TemplateDefinition, templateNameOf } from '../domain/template.ts';
import type { Bundle } from './bundle.ts';
import type { Place } from './place.ts';
import type { Problems } from './problems.ts';

type Complain = (message: string) => void;

/**
 * Sandboxes stand by themselves: on a resource of their own, outside protected environments (a sandbox
 * login changes data, which no login there may), with templates whose masking can't be turned off.
 */
export function checkSandboxes(bundle: Bundle, problems: Problems): void {
  for (const resource of bundle.resources.values()) {
    const at = (key: string): Complain => {
      const place: Place | undefined = bundle.places.get(key);
      return (message) => problems.add(place?.file ?? 'resources', place?.line ?? 1, message);
    };
    checkResource(bundle, resource, at(`resource:${resource.name}`));
    for (const scope of resource.scopes.values()) {
      if (scope.effect !== 'sandbox') continue;
      const name = templateNameOf(scope.constraints);
      if (name === undefined || templateOf(resource, name)) continue;
      at(`scope:${scope.id}`)(`${scope.id} names the template ${name}, which is not in this file.`);
    }
    for (const [name, definition] of Object.entries(resource.templates ?? {})) {
      checkTemplate(bundle, resource, definition, at(`template:${resource.name}/${name}`));
    }
  }
}

function checkResource(bundle: Bundle, resource: Resource, complain: Complain): void {
  const { name, environment, scopes, connection } = resource;
  if (!isSandbox(resource)) {
    if (resource.templates) complain(`${name} has templates and no scope of effect sandbox.`);
    return;
  }
  if ([...scopes.values()].some((scope) => scope.effect !== 'sandbox')) {
    complain(`${name} hands out sandboxes: other scopes belong to a resource of their own.`);
  }
  if (environment.protected) {
    complain(
      `${name} hands out sandboxes, so its environment must not be protected: a sandbox login changes data.`,
    );
  }
  const shared = [...bundle.resources.values()].find(
    (other) => other.name !== name && other.connection.url.secret === connection.url.secret,
  );
  if (shared) {
    complain(
      `${name} hands out sandboxes on a connection of its own, not on that of ${shared.name}.`,
    );
  }
}

function checkTemplate(
  bundle: Bundle,
  resource: Resource,
  { source, personal, masking }: TemplateDefinition,
  complain: Complain,
): void {
  const from = bundle.resources.get(source);
  if (!from) complain(`The source ${source} of this template is not a resource of this bundle.`);
  else if (from.kind !== resource.kind) {
    complain(`The source ${source} is of kind ${from.kind}; this resource is of ${resource.kind}.`);
  } else if (isSandbox(from)) {
    complain(`The source ${source} hands out sandboxes itself: name the database they come from.`);
  }
  for (const entry of personal) {
    const [schema = '', table = '', column] = entry.split('.');
    if (column === undefined || masking[`${schema}.${table}`]?.[column] !== 'keep') continue;
    complain(`${entry} is personal, so it cannot be kept: null, hash or fake it.`);
  }
}
