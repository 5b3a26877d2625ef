import type { Environment } from '../domain/resource.ts';
import type { Place } from './place.ts';
import { environmentsFile } from './bundle-schema.ts';
import type { Problems } from './problems.ts';
import { readYaml } from './yaml-file.ts';

const FILE = 'environments.yaml';

/** Environments by name, from `environments.yaml`; their places are noted as `environment:<name>`. */
export function loadEnvironments(
  text: string | undefined,
  problems: Problems,
  places: Map<string, Place>,
): Map<string, Environment> {
  const environments = new Map<string, Environment>();
  const yaml = text === undefined ? undefined : readYaml(FILE, text, environmentsFile, problems);
  if (!yaml) return environments;
  for (const [name, value] of Object.entries(yaml.value.environments)) {
    environments.set(name, { name, protected: value.protected });
    places.set(`environment:${name}`, { file: FILE, line: yaml.lineOf(['environments', name]) });
  }
  return environments;
}
