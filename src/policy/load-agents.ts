import type { DeclaredAgent } from './bundle.ts';
import { agentsFile } from './bundle-schema.ts';
import type { Problems } from './problems.ts';
import { readYaml } from './yaml-file.ts';

const FILE = 'agents.yaml';

/** Teams and agents that `agents.yaml` declares; an agent's teams must be declared beside it. */
export function loadAgents(
  text: string | undefined,
  problems: Problems,
): { teams: Set<string>; agents: Map<string, DeclaredAgent> } {
  const agents = new Map<string, DeclaredAgent>();
  const yaml = text === undefined ? undefined : readYaml(FILE, text, agentsFile, problems);
  if (!yaml) return { teams: new Set(), agents };
  const teams = new Set(yaml.value.teams);
  for (const [at, declared] of yaml.value.agents.entries()) {
    const { name, owner, jwks, jwks_uri } = declared;
    const line = yaml.lineOf(['agents', at]);
    if (agents.has(name)) problems.add(FILE, line, `Agent ${name} is declared twice.`);
    for (const [position, team] of declared.teams.entries()) {
      if (teams.has(team)) continue;
      const where = yaml.lineOf(['agents', at, 'teams', position]);
      problems.add(FILE, where, `Unknown team ${team}: list it under "teams".`);
    }
    const keys = jwks ? { jwks } : { jwksUri: jwks_uri ?? '' };
    agents.set(name, { name, owner, teams: declared.teams, keys, file: FILE, line });
  }
  return { teams, agents };
}
