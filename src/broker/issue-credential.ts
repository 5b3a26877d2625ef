import { createHash } from 'node:crypto';
import type { AuditDraft } from '../audit/entry.ts';
import {
  accessDenied,
  ended,
  insufficientScope,
  isBrokerError,
  providerFailed,
} from '../domain/errors.ts';
import type { Grant } from '../domain/grant.ts';
import { type Lease, outsideNameOf } from '../domain/lease.ts';
import type { AgentPrincipal } from '../domain/principal.ts';
import type { AnyProvider, IssuedCredential, RootCredential } from '../ports/provider.ts';
import type { GrantOfTask } from '../ports/tasks.ts';
import type { Broker } from './context.ts';
import { decideAgain } from './decide-again.ts';
import { type AllowedScope } from './decide-scopes.ts';
import { refuseWhenStale } from './freshness.ts';
import { countersigned, isLoginMode } from './login-mode.ts';
import { type PinnedTemplate, pinTemplate } from './pin-template.ts';
import { stragglerOf } from './provider-guard.ts';
import { revokeInBackground } from './revoke-credential.ts';

export interface IssuedLease {
  readonly lease: Lease;
  readonly credential: IssuedCredential['credential'];
  readonly info?: IssuedCredential['info'];
}

/**
 * Issues a credential under a scope of the presented token: decide again → reserve (the outside name
 * is on record before anything exists outside) → provider → activate → hand out once.
 *
 * @throws insufficientScope | accessDenied | leaseLimit | notHardened | provider… and what ended
 */
export async function issueCredential(
  broker: Broker,
  principal: AgentPrincipal,
  request: { scope: string },
): Promise<IssuedLease> {
  refuseWhenStale(broker);
  const { token } = principal;
  if (!token.grantId || !token.scope.split(' ').includes(request.scope)) {
    throw insufficientScope(request.scope);
  }
  const readRoot = readEarly(broker, request.scope);
  const found = await broker.grants.findWithTask(token.grantId);
  if (!found) throw ended('grant');
  const prepare = () => decideAndReserve(broker, token.jti, found, request.scope, readRoot);
  const ready = await prepare().catch(async (error: unknown) => {
    if (!isBrokerError(error) || error.code !== 'conflict') throw error;
    // Another policy became active meanwhile: decided again under that one.
    await broker.policy.refresh();
    return prepare();
  });
  return completeIssue(broker, ready.lease, ready.allowed, ready);
}

type ReadRoot = (secret: string) => Promise<RootCredential>;

/** Asks for the root credential that the scope will need if it is allowed, while that is being decided. */
function readEarly(broker: Broker, scope: string): ReadRoot {
  const { scopes, resources } = broker.policy.current().bundle;
  const early = resources.get(scopes.get(scope)?.resource ?? '')?.connection.url.secret;
  const root = early === undefined ? undefined : broker.secrets.read(early);
  // Whether it matters that it failed is known later.
  root?.catch(() => undefined);
  return (secret) => (root && secret === early ? root : broker.secrets.read(secret));
}

async function decideAndReserve(
  broker: Broker,
  tokenJti: string,
  found: GrantOfTask,
  scope: string,
  readRoot: ReadRoot,
) {
  const { grant } = found;
  const allowed = await decideAgain(broker, found, scope);
  const provider = providerFor(broker, allowed);
  await broker.health.refuseUnhardened(allowed.resource);
  // Before the reservation: a lease under a secret that is not there could not be revoked either.
  const root = await readRoot(allowed.resource.connection.url.secret);
  const server = provider.serverOf(root);
  const reserved = await reserve(broker, tokenJti, grant, allowed, { provider, server });
  return { allowed, provider, root, ...reserved };
}

function providerFor(broker: Broker, allowed: AllowedScope): AnyProvider {
  const { resource, scope } = allowed;
  const provider = broker.providers.get(resource.kind);
  if (!provider) {
    throw providerFailed('provider_misconfigured', `No provider for kind ${resource.kind}.`);
  }
  // Promise 3: no credential that can change data in a protected environment reaches an agent.
  if (resource.environment.protected && scope.effect !== 'read' && !isLoginMode(allowed)) {
    throw accessDenied(
      `${scope.id} can change a protected environment: no credential is handed out for it.`,
      {
        alternatives: [...resource.scopes.values()]
          .filter((other) => other.effect === 'read')
          .map((other) => other.id),
        how: 'Have each statement run by POST /v1/operations, ask for a scope that only reads, or work in an environment that is not protected.',
      },
    );
  }
  return provider;
}

async function reserve(
  broker: Broker,
  tokenJti: string,
  grant: Grant,
  { scope, resource, terms, bundleVersion }: Awaited<ReturnType<typeof decideAgain>>,
  { provider, server }: { provider: AnyProvider; server: string },
): Promise<{ lease: Lease; template: PinnedTemplate | undefined }> {
  const now = broker.clock.now();
  const id = broker.newId('lease');
  const template = await pinTemplate(broker, id, resource, scope);
  const withTemplate = template ? { template } : {};
  const outsideName = outsideNameOf(broker.installation, id);
  const longest = Math.min(scope.maxTtlSeconds, provider.lifetimes.longest) * 1000;
  const lease = {
    id,
    grantId: grant.id,
    tokenJti,
    taskId: grant.taskId,
    agentId: grant.agentId,
    resource: resource.name,
    scope: scope.id,
    outsideName,
    server,
    statementTimeoutMs: provider.statementTimeoutMs(scope),
    bundleVersion,
    createdAt: now,
    expiresAt: Math.min(grant.expiresAt, now + longest),
    issueOverAt: now + broker.limits.issueTimeoutMs * 2,
  };
  const perGrant = isLoginMode({ scope, resource, terms }) ? 1 : terms.leases;
  const limits = { grant: perGrant, agent: broker.limits.leasesPerAgent };
  const reserved = await broker.leases.reserve(lease, limits, {
    actor: grant.agentId,
    action: 'lease.issuing',
    subject: id,
    detail: {
      task: grant.taskId,
      grant: grant.id,
      scope: scope.id,
      outside_name: outsideName,
      server,
      expires_at: new Date(lease.expiresAt).toISOString(),
      ...(template ? { template: template.id } : {}),
      plan: provider.plan({ lease: { ...lease }, resource, scope, ...withTemplate }),
    },
  });
  return { lease: reserved, template };
}

async function completeIssue(
  broker: Broker,
  lease: Lease,
  allowed: AllowedScope,
  ready: { provider: AnyProvider; root: RootCredential; template: PinnedTemplate | undefined },
): Promise<IssuedLease> {
  const { resource, scope } = allowed;
  const { provider, root, template } = ready;
  try {
    const signal = AbortSignal.timeout(broker.limits.issueTimeoutMs);
    const keepHandle = async (handle: string) => {
      if (!(await broker.leases.keepHandle(lease.id, handle))) throw ended('lease');
    };
    const request = { lease, resource, scope, root, signal, keepHandle, ...countersigned(allowed) };
    const issued = await provider.issue(template ? { ...request, template } : request);
    const sha256 = createHash('sha256').update(issued.secret.reveal()).digest('hex');
    const entry: AuditDraft = {
      actor: 'broker',
      action: 'lease.issued',
      subject: lease.id,
      detail: { outside_name: lease.outsideName, credential_sha256: sha256 },
    };
    const { serverIdentity } = issued;
    const activated = await broker.leases.activate(lease.id, sha256, entry, serverIdentity);
    // Ended while it was being made: the queue has it and waits for this, and nobody gets to see it.
    if (!activated) throw ended('lease');
    broker.meter.count('lease', 'issued');
    return {
      lease: { ...lease, state: 'active' },
      credential: issued.credential,
      ...(issued.info ? { info: issued.info } : {}),
    };
  } catch (error) {
    await giveUp(broker, lease, error);
    throw error;
  }
}

/** Whatever may exist outside goes through the revocation queue: only that proves it gone. */
async function giveUp(broker: Broker, lease: Lease, error: unknown): Promise<void> {
  const code = isBrokerError(error) ? error.code : 'internal';
  broker.meter.count('lease', code);
  const begun = broker.endings.begin({
    target: { kind: 'lease', id: lease.id },
    reason: `issue failed: ${code}`,
    actor: 'broker',
    taskState: 'closed',
    entries: [
      { actor: 'broker', action: 'lease.issue_failed', subject: lease.id, detail: { code } },
    ],
  });
  const isOver = () =>
    begun
      .then(() => broker.queue.issueOver(lease.id))
      .then(() => revokeInBackground(broker, [lease.id]))
      // Where the store is away too, the sweeper finds the stale reservation.
      .catch(() => undefined);
  // A call that was given up may still make something: its end is waited for, `issueOverAt` at most.
  const straggler = stragglerOf(error);
  if (straggler) void straggler.then(isOver);
  else await isOver();
  await begun.catch(() => undefined);
}
