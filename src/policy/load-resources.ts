import type { z } from 'zod';
import type { Environment, Resource } from '../domain/resource.ts';
import type { Scope } from '../domain/scope.ts';
import type { Place } from './place.ts';
import { resourceFile } from './bundle-schema.ts';
import type { Problems } from './problems.ts';
import { readYaml, type YamlFile } from './yaml-file.ts';

type ResourceFile = YamlFile<z.output<typeof resourceFile>>;
const SCOPE_KEYS = ['effect', 'description', 'max_ttl'];

/** Resources by name and all their scopes by id; places are noted as `resource:…` and `scope:…`. */
export function loadResources(
  files: readonly (readonly [string, string])[],
  environments: ReadonlyMap<string, Environment>,
  problems: Problems,
  places: Map<string, Place>,
): { resources: Map<string, Resource>; scopes: Map<string, Scope> } {
  const resources = new Map<string, Resource>();
  const all = new Map<string, Scope>();
  for (const [file, text] of files) {
    const yaml = readYaml(file, text, resourceFile, problems);
    if (!yaml) continue;
    const { resource: name, kind, owner, audience, connection } = yaml.value;
    const place = (key: string, path: readonly PropertyKey[]) =>
      places.set(key, { file, line: yaml.lineOf(path) });
    const before = places.get(`resource:${name}`);
    if (before) {
      problems.add(file, yaml.lineOf(['resource']), `Resource ${name} is also in ${before.file}.`);
      continue;
    }
    place(`resource:${name}`, ['resource']);
    const environment = environments.get(yaml.value.environment);
    if (!environment) {
      const message = `Unknown environment ${yaml.value.environment}: list it in environments.yaml.`;
      problems.add(file, yaml.lineOf(['environment']), message);
    }
    const scopes = readScopes(file, yaml, problems);
    for (const scope of scopes.values()) {
      all.set(scope.id, scope);
      place(`scope:${scope.id}`, ['scopes', scope.name]);
    }
    if (!environment) continue;
    const { templates } = yaml.value;
    for (const template of Object.keys(templates ?? {})) {
      place(`template:${name}/${template}`, ['templates', template]);
    }
    resources.set(name, {
      ...{ name, kind, environment, owner, connection, scopes },
      ...(audience === undefined ? {} : { audience }),
      ...(templates === undefined ? {} : { templates }),
    });
  }
  return { resources, scopes: all };
}

function readScopes(file: string, yaml: ResourceFile, problems: Problems): Map<string, Scope> {
  const { resource, kind } = yaml.value;
  const scopes = new Map<string, Scope>();
  for (const [name, value] of Object.entries(yaml.value.scopes)) {
    const own = value.effect === 'sandbox' ? 'sandbox' : kind;
    for (const key of Object.keys(value)) {
      if (SCOPE_KEYS.includes(key) || key === own) continue;
      const line = yaml.lineOf(['scopes', name, key]);
      const wants = `a scope here has ${SCOPE_KEYS.join(', ')} and ${own}`;
      problems.add(file, line, `Unknown key ${JSON.stringify(key.slice(0, 60))}: ${wants}.`);
    }
    scopes.set(name, {
      id: `${resource}:${name}`,
      resource,
      name,
      effect: value.effect,
      description: value.description,
      maxTtlSeconds: value.max_ttl,
      constraints: value[own],
    });
  }
  return scopes;
}
