import type { AgentSession } from '../sdk/agent-session.ts';
import type { Client } from '../sdk/client.ts';
import { usedWrongly } from './exit-code.ts';
import { readSecretFile } from './files.ts';
import { operatorTokenAdvice } from './operator-advice.ts';
import type { Output } from './output.ts';
import type { Terminal } from './terminal.ts';

type Place = { readonly terminal: Terminal; readonly out: Output };

function address(terminal: Terminal) {
  const { url, issuer } = terminal.environment;
  return { url, fetch: terminal.fetch, ...(issuer === undefined ? {} : { issuer }) };
}

/** A client with the operator token of `COUNTERSIGN_OPERATOR_TOKEN_FILE`. */
export async function asOperator({ terminal, out }: Place): Promise<Client> {
  const file = terminal.environment.operatorTokenFile;
  if (!file) {
    throw usedWrongly(
      'This needs an operator token, and COUNTERSIGN_OPERATOR_TOKEN_FILE is not set.',
      operatorTokenAdvice(terminal.environment),
    );
  }
  const operatorToken = await readSecretFile(file, 'an operator token', terminal, out);
  const { createClient } = await import('../sdk/client.ts');
  return createClient({ ...address(terminal), operatorToken });
}

/** What the agent of `COUNTERSIGN_AGENT_ID` can do with the key of `COUNTERSIGN_AGENT_KEY_FILE`. */
export async function asAgent({ terminal, out }: Place): Promise<AgentSession> {
  const { agentId, agentKeyFile } = terminal.environment;
  if (!agentId || !agentKeyFile) {
    const missing = agentId ? 'COUNTERSIGN_AGENT_KEY_FILE' : 'COUNTERSIGN_AGENT_ID';
    throw usedWrongly(
      `This acts as an agent, and ${missing} is not set.`,
      'Register one: countersign agent create --name NAME --owner E-MAIL --generate-key agent-key.json',
    );
  }
  const privateKey = await readSecretFile(agentKeyFile, 'a private key', terminal, out);
  const { createAgentSession } = await import('../sdk/agent-session.ts');
  try {
    return createAgentSession({ ...address(terminal), agentId, privateKey });
  } catch (error) {
    // The text of readPrivateKey never holds the key.
    if (error instanceof TypeError) throw usedWrongly(`${agentKeyFile}: ${error.message}`);
    throw error;
  }
}

/** A client with the access token in a file (`-`: stdin). */
export async function withToken({ terminal, out }: Place, file: string): Promise<Client> {
  const token = await readSecretFile(file, 'an access token', terminal, out);
  const { createClient } = await import('../sdk/client.ts');
  return createClient({ ...address(terminal), token });
}

/** Whoever we can be: the token given, else the operator, else the agent with a token that only reads its own. */
export async function asWhoeverWeAre(place: Place, tokenFile?: string): Promise<Client> {
  if (tokenFile !== undefined) return withToken(place, tokenFile);
  const { operatorTokenFile, agentId } = place.terminal.environment;
  if (operatorTokenFile !== undefined || agentId === undefined) return asOperator(place);
  const session = await asAgent(place);
  return session.client((await session.mintToken()).access_token);
}
