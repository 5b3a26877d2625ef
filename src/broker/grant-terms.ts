import { createHash } from 'node:crypto';
import type { JsonObject } from '../domain/approval.ts';
import { isBrokerError } from '../domain/errors.ts';
import type { Resource } from '../domain/resource.ts';
import type { JsonValue } from '../domain/strict-json.ts';
import type { Bundle } from '../policy/bundle.ts';
import type { Broker } from './context.ts';
import { type AllowedScope, shortestTtl, type WeighedScopes } from './decide-scopes.ts';

/** What persons approve when they approve a grant: this agent, for this task, has these scopes. */
export function grantOperation(
  { agentId, taskId }: { agentId: string; taskId: string },
  scopes: readonly string[],
  audience: string,
): JsonObject {
  return { kind: 'grant', agent: agentId, task: taskId, scopes: [...scopes], audience };
}

/**
 * On which terms. Whatever could make the same words mean something else is in it: the rules and what they ask
 * for, how long, how many logins, the definition of each scope and the server behind it. When any of it has
 * changed, what was approved is void.
 */
export async function grantTerms(
  broker: Pick<Broker, 'secrets' | 'providers'>,
  { policy, allowed, requirements }: WeighedScopes,
): Promise<JsonObject> {
  return {
    requirements: requirements.map(({ rule, count, groups }) => ({ rule, count, groups })),
    scopes: await Promise.all(allowed.map((one) => scopeTerms(broker, policy.bundle, one))),
    ttl_seconds: shortestTtl(allowed),
    leases: Math.min(...allowed.map(({ terms }) => terms.leases)),
  };
}

/** Terms of one scope, as they are signed. */
async function scopeTerms(
  broker: Pick<Broker, 'secrets' | 'providers'>,
  bundle: Bundle,
  { scope, resource, terms, rules }: AllowedScope,
): Promise<JsonObject> {
  return {
    scope: scope.id,
    effect: scope.effect,
    resource: resource.name,
    kind: resource.kind,
    environment: resource.environment.name,
    protected: resource.environment.protected,
    server: await serverOf(broker, resource),
    definition_sha256: createHash('sha256').update(meaningOf(bundle, scope.id)).digest('hex'),
    rules: [...rules],
    notes: [...terms.notes],
    ...(terms.mode === undefined ? {} : { mode: terms.mode }),
  };
}

/** What a scope means: which system, which rights there. Equal texts mean the same. */
export function meaningOf(bundle: Bundle, scopeId: string): string {
  const scope = bundle.scopes.get(scopeId);
  const resource = scope && bundle.resources.get(scope.resource);
  return JSON.stringify([
    scope?.effect,
    scope?.constraints,
    resource?.kind,
    resource?.environment,
    resource?.connection.url,
    // What a sandbox may hold: its masking is part of what the scope means.
    scope?.effect === 'sandbox' ? resource?.templates : undefined,
  ]);
}

const UNSET: ReadonlySet<string> = new Set(['secret_unavailable', 'provider_misconfigured']);

/**
 * The server that the resource's secret leads to: another value of the secret may be another server. Null where
 * the resource has none yet. @throws when it has one that cannot be read just now
 */
async function serverOf(
  { secrets, providers }: Pick<Broker, 'secrets' | 'providers'>,
  resource: Resource,
): Promise<JsonValue> {
  try {
    const root = await secrets.read(resource.connection.url.secret);
    return providers.get(resource.kind)?.serverOf(root) ?? null;
  } catch (error) {
    const isUnset = isBrokerError(error) && UNSET.has(error.code);
    if (isUnset) return null;
    throw error;
  }
}
