import type { Group } from './bundle.ts';
import { groupsFile } from './bundle-schema.ts';
import type { Problems } from './problems.ts';
import { readYaml } from './yaml-file.ts';

const FILE = 'groups.yaml';

/** Approver groups by name, from `groups.yaml`. A group may be empty. */
export function loadGroups(text: string | undefined, problems: Problems): Map<string, Group> {
  const groups = new Map<string, Group>();
  const yaml = text === undefined ? undefined : readYaml(FILE, text, groupsFile, problems);
  if (!yaml) return groups;
  for (const [name, value] of Object.entries(yaml.value.groups)) {
    groups.set(name, { name, file: FILE, line: yaml.lineOf(['groups', name]), ...value });
  }
  return groups;
}
