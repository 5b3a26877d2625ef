import type { AuditDetail, AuditDraft } from '../audit/entry.ts';
import type { Agent } from '../domain/agent.ts';
import type { Approval } from '../domain/approval.ts';
import { internal } from '../domain/errors.ts';
import type { Grant, TokenRecord } from '../domain/grant.ts';
import type { Task } from '../domain/task.ts';
import type { AssertionUse, MintItem } from '../ports/ledger.ts';
import type { AccessTokenClaims } from '../ports/tokens.ts';
import type { Broker } from './context.ts';
import type { AllowedScope, ScopesDecision } from './decide-scopes.ts';
import { newGrant, tokenOf, useOf } from './new-grant.ts';
import { sealed } from './record.ts';

/** Seconds a token without scopes lives. */
const SELF_TOKEN_SECONDS = 600;

/** What the token endpoint answers. `taskId` is absent for a token without scopes. */
export interface MintedToken {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  readonly scope: string;
  readonly taskId?: string;
}

/** A mint that is decided and ready to commit; `release` signs, and only after the commit. */
export interface ComposedMint {
  readonly item: MintItem;
  release(): MintedToken;
}

/** What proved the agent, and the assertion that is used up by it, unless an earlier try marked it. */
export interface Proof {
  readonly provenBy: string;
  readonly use: AssertionUse | undefined;
}

/** Builds grant, token record and audit entry for scopes that policy allowed. */
export async function composeMint(
  broker: Broker,
  input: {
    agent: Agent;
    task: Task;
    isNew: boolean;
    proof: Proof;
    decision: ScopesDecision;
    target: string | undefined;
    now: number;
    /** What persons approved, to be used up by this. */
    approval?: Approval;
  },
): Promise<ComposedMint> {
  const { agent, task, decision, approval } = input;
  const grant = newGrant(broker, input);
  const token = tokenOf(broker, grant, input.proof.provenBy);
  // The agent's words are recorded where they arrive: with the task this request opens.
  const words = input.isNew
    ? await sealed(broker, agent.id, { purpose: task.purpose || undefined, ticket: task.ticket })
    : {};
  return {
    item: {
      assertion: input.proof.use,
      agentId: agent.id,
      agentVersion: agent.version,
      bundleVersion: decision.policy.version,
      task: input.isNew ? { open: task } : { continue: task.id },
      grant,
      token,
      ...(approval ? { approval: useOf(approval, agent.id, grant.id) } : {}),
      entry: mintedEntry(grant, token, { ...words, isNew: input.isNew }),
      refusal: refusalOf(agent, grant.scopes),
    },
    release: () => release(broker, token, { grant, task, allowed: decision.allowed }),
  };
}

function mintedEntry(
  grant: Grant,
  token: TokenRecord,
  { isNew, ...words }: AuditDetail & { readonly isNew: boolean },
): AuditDraft {
  return {
    actor: grant.agentId,
    action: 'token.minted',
    subject: token.jti,
    // In the order of its canonical form, which then costs nothing to make.
    detail: {
      ...(grant.approval ? { approval: grant.approval.id } : {}),
      audience: grant.audience,
      bundle: grant.bundleVersion,
      expires_at: new Date(token.expiresAt).toISOString(),
      grant: grant.id,
      rules: grant.rules,
      scopes: grant.scopes,
      ...words,
      task: grant.taskId,
      ...(isNew ? { task_opened: true } : {}),
    },
  };
}

/** The entry of a refusal of these scopes, for whoever finds the reason. */
export function refusalOf(agent: Pick<Agent, 'id'>, scopes: readonly string[]) {
  return (reason: string): AuditDraft => ({
    actor: agent.id,
    action: 'token.denied',
    subject: agent.id,
    detail: { scopes: [...scopes], reason },
  });
}

/** A token without scopes: opens tasks, lists scopes, reads the agent's own records, nothing else. */
export function composeSelfToken(
  broker: Broker,
  agent: Agent,
  proof: Proof,
  now: number,
): ComposedMint {
  const token: TokenRecord = {
    jti: broker.newId('token'),
    agentId: agent.id,
    scope: '',
    audience: broker.issuer,
    issuedAt: now,
    expiresAt: Math.floor(now / 1000 + SELF_TOKEN_SECONDS) * 1000,
    provenBy: proof.provenBy,
  };
  return {
    item: {
      assertion: proof.use,
      agentId: agent.id,
      agentVersion: agent.version,
      bundleVersion: broker.policy.version(),
      token,
      entry: {
        actor: agent.id,
        action: 'token.minted',
        subject: token.jti,
        detail: { scopes: [], expires_at: new Date(token.expiresAt).toISOString() },
      },
      refusal: refusalOf(agent, []),
    },
    release: () => release(broker, token, undefined),
  };
}

interface Basis {
  readonly grant: Grant;
  readonly task: Task;
  readonly allowed: readonly AllowedScope[];
}

/** Signs what was committed and checks the artefact once more before it leaves. */
function release(broker: Broker, token: TokenRecord, basis: Basis | undefined): MintedToken {
  const iat = Math.floor(token.issuedAt / 1000);
  const claims: Omit<AccessTokenClaims, 'iss'> = {
    sub: token.agentId,
    aud: token.audience,
    client_id: token.agentId,
    iat,
    exp: token.expiresAt / 1000,
    jti: token.jti,
    ...(basis
      ? {
          scope: token.scope,
          task_id: basis.task.id,
          grant_id: basis.grant.id,
          authorization_details: [{ type: 'task' as const, task_id: basis.task.id }],
        }
      : {}),
  };
  refuseExcess(claims, basis);
  broker.meter.count('mint', 'ok');
  return {
    accessToken: broker.accessTokens.mint(claims),
    expiresInSeconds: claims.exp - iat,
    scope: token.scope,
    ...(basis ? { taskId: basis.task.id } : {}),
  };
}

/** minted ⊆ granted ⊆ decided: a difference here is a defect, and nothing is handed out. */
function refuseExcess(claims: Omit<AccessTokenClaims, 'iss'>, basis: Basis | undefined): void {
  const minted = claims.scope?.split(' ') ?? [];
  const { grant, allowed = [] } = basis ?? {};
  const inScope = minted.every(
    (id) => grant?.scopes.includes(id) && allowed.some(({ scope }) => scope.id === id),
  );
  const inTime =
    !basis ||
    (claims.exp * 1000 <= basis.grant.expiresAt && basis.grant.expiresAt <= basis.task.expiresAt);
  if (!inScope || !inTime) throw internal('the minted token exceeds its grant');
}
