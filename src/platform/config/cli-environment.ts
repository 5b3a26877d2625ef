import { existsSync } from 'node:fs';

/** What the command line reads from its environment. Names of files only: no secret is in it. */
export interface CliEnvironment {
  /** `COUNTERSIGN_URL`: base URL of the broker to talk to; by default the one on this machine. */
  readonly url: string;
  /** `COUNTERSIGN_ISSUER`: who the broker must say it is, where that differs from its URL. */
  readonly issuer: string | undefined;
  readonly operatorTokenFile: string | undefined;
  readonly agentId: string | undefined;
  readonly agentKeyFile: string | undefined;
  /** `COUNTERSIGN_POLICIES`: directory of the policy bundle. */
  readonly policies: string;
  /** Are the store's own credentials here, so that `operator token` would work? */
  readonly storeIsHere: boolean;
  /** `NO_COLOR` (no-color.org) is set, or the terminal cannot do colours. */
  readonly noColor: boolean;
}

/** Reads the variables of the contract's "Network"; an empty variable counts as not set. */
export function readCliEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): CliEnvironment {
  const value = (name: string): string | undefined => env[name] || undefined;
  return {
    url: value('COUNTERSIGN_URL') ?? `http://localhost:${value('COUNTERSIGN_PORT') ?? '7300'}`,
    issuer: value('COUNTERSIGN_ISSUER'),
    operatorTokenFile: value('COUNTERSIGN_OPERATOR_TOKEN_FILE'),
    agentId: value('COUNTERSIGN_AGENT_ID'),
    agentKeyFile: value('COUNTERSIGN_AGENT_KEY_FILE'),
    policies: value('COUNTERSIGN_POLICIES') ?? './policies',
    storeIsHere:
      value('DATABASE_URL') !== undefined ||
      existsSync(value('COUNTERSIGN_DATA_DIR') ?? './.countersign'),
    noColor: value('NO_COLOR') !== undefined || env['TERM'] === 'dumb',
  };
}
