import { type Client, createClient } from './client.ts';
import { type CallerOptions, createOAuthCaller, type PostForm } from './oauth-caller.ts';
import { TokenResponse } from './oauth-schemas.ts';
import { createOperations, type Operations } from './operations.ts';
import type { PendingApproval } from './pending-approval.ts';
import { type Limits, readJson } from './transport.ts';
import { untilAnswered } from './wait-for-approval.ts';

const CIBA = 'urn:openid:params:grant-type:ciba';

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
  /**
   * A fresh token (RFC 6749 §4.4). A refusal is a CountersignError with a `hint`; where persons have to approve
   * first, {@link pendingApproval} reads what to wait for out of it.
   */
  mintToken(options?: MintOptions): Promise<MintedToken>;
  /**
   * Waits until somebody has answered, then collects the token: once. A denial is a CountersignError.
   * @param limits `timeoutMs`: until the approval ends, unless said
   */
  waitForApproval(pending: PendingApproval, limits?: Limits): Promise<MintedToken>;
  /** One poll (CIBA Core §10.1): the token, or `authorization_pending`, `slow_down`, … as a CountersignError. */
  collectToken(authReqId: string, limits?: Limits): Promise<MintedToken>;
  /** Ends one of this agent's tokens (RFC 7009); an unknown one counts as done. */
  revokeToken(token: string, limits?: Limits): Promise<void>;
  /** A client of the JSON API with that token. */
  client(token: string): Client;
  /** Statements that the broker runs itself, under a task token with their scope. */
  operations(token: string): Operations;
}

/** What an agent does with its private key: it signs an assertion for each request, nothing is sent twice. */
export function createAgentSession(options: AgentSessionOptions): AgentSession {
  const { transport, post } = createOAuthCaller(options.agentId, options);
  const mint = minter(post);
  const client = (token: string) =>
    createClient({ url: transport.url, fetch: transport.fetch, token });
  const collect = (authReqId: string, limits?: Limits) =>
    mint({ grant_type: CIBA, auth_req_id: authReqId }, limits);
  return {
    mintToken: (wanted = {}) => {
      const form = {
        grant_type: 'client_credentials',
        scope: wanted.scopes?.length ? wanted.scopes.join(' ') : undefined,
        resource: wanted.resource,
        authorization_details: wanted.task
          ? JSON.stringify([{ type: 'task', ...wanted.task }])
          : undefined,
      };
      return mint(form, wanted);
    },
    collectToken: collect,
    async waitForApproval(pending, limits) {
      const reader = async () => {
        const own = await mint({ grant_type: 'client_credentials' }, { signal: limits?.signal });
        return client(own.access_token);
      };
      await untilAnswered(reader, pending, limits);
      return collect(pending.auth_req_id, { signal: limits?.signal });
    },
    async revokeToken(token, limits) {
      const answer = await post(
        '/oauth/revoke',
        { token, token_type_hint: 'access_token' },
        limits,
      );
      await answer.body?.cancel();
    },
    client,
    operations: (token) => createOperations(client(token)),
  };
}

/** Posts a form to the token endpoint and reads the token. */
function minter(post: PostForm) {
  return async (
    form: Readonly<Record<string, string | undefined>>,
    limits: Limits = {},
  ): Promise<MintedToken> => {
    const answer = await readJson(await post('/oauth/token', form, limits), TokenResponse);
    const task = answer.authorization_details?.find((detail) => detail.type === 'task');
    return {
      access_token: answer.access_token,
      expires_in: answer.expires_in,
      scope: answer.scope ?? '',
      ...(task?.task_id ? { task_id: task.task_id } : {}),
    };
  };
}
