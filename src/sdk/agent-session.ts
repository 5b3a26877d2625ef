import { type Client, createClient } from './client.ts';
import { type CallerOptions, createOAuthCaller } from './oauth-caller.ts';
import { TokenResponse } from './oauth-schemas.ts';
import { type Limits, readJson } from './transport.ts';

export interface AgentSessionOptions extends CallerOptions {
  /** `agt_…` */
  readonly agentId: string;
}

/** Open a new task in the same request, or continue an open one. */
export type TaskChoice =
  | { readonly purpose: string; readonly ticket?: string | undefined }
  | { readonly task_id: string };

export interface MintOptions extends Limits {
  /** `resource:name` each; all are granted or none. Without scopes the token can only open and read tasks. */
  readonly scopes?: readonly string[];
  readonly task?: TaskChoice;
  /** RFC 8707: the audience of the scopes, where it is not the broker itself. */
  readonly resource?: string;
}

export interface MintedToken {
  readonly access_token: string;
  /** Seconds. */
  readonly expires_in: number;
  /** As granted, separated by spaces; empty without scopes. */
  readonly scope: string;
  /** The task it belongs to; absent for a token without scopes. */
  readonly task_id?: string;
}

export interface AgentSession {
  /** A fresh token (RFC 6749 §4.4). A refusal is a CountersignError with a `hint`. */
  mintToken(options?: MintOptions): Promise<MintedToken>;
  /** Ends one of this agent's tokens (RFC 7009); an unknown one counts as done. */
  revokeToken(token: string, limits?: Limits): Promise<void>;
  /** A client of the JSON API with that token. */
  client(token: string): Client;
}

/** What an agent does with its private key: it signs an assertion for each request, nothing is sent twice. */
export function createAgentSession(options: AgentSessionOptions): AgentSession {
  const { transport, post } = createOAuthCaller(options.agentId, options);
  return {
    async mintToken(wanted = {}) {
      const form = {
        grant_type: 'client_credentials',
        scope: wanted.scopes?.length ? wanted.scopes.join(' ') : undefined,
        resource: wanted.resource,
        authorization_details: wanted.task
          ? JSON.stringify([{ type: 'task', ...wanted.task }])
          : undefined,
      };
      const answer = await readJson(await post('/oauth/token', form, wanted), TokenResponse);
      const task = answer.authorization_details?.find((detail) => detail.type === 'task');
      return {
        access_token: answer.access_token,
        expires_in: answer.expires_in,
        scope: answer.scope ?? '',
        ...(task?.task_id ? { task_id: task.task_id } : {}),
      };
    },
    async revokeToken(token, limits) {
      const answer = await post(
        '/oauth/revoke',
        { token, token_type_hint: 'access_token' },
        limits,
      );
      await answer.body?.cancel();
    },
    client: (token) => createClient({ url: transport.url, fetch: transport.fetch, token }),
  };
}
