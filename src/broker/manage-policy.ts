import type { Approval } from '../domain/approval.ts';
import { bundleInvalid, conflict, notFound } from '../domain/errors.ts';
import type { Bundle } from '../policy/bundle.ts';
import { type BundleDiff, diffBundles } from '../policy/diff.ts';
import { loadBundle } from '../policy/load.ts';
import { type Validation, validateBundle } from '../policy/validate.ts';
import type { BundleFiles, StoredBundle } from '../ports/bundles.ts';
import { knownAgents } from './ask-policy.ts';
import { askToWiden, FREE } from './ask-to-widen.ts';
import type { Broker } from './context.ts';
import { sealed } from './record.ts';
import { endUnproven } from './set-agent-keys.ts';

/** A bundle that passed every check, compared with the active one. */
export interface CheckedBundle {
  readonly bundle: Bundle;
  readonly validation: Validation;
  readonly diff: BundleDiff;
}

/** Loads and checks a bundle whole. @throws bundleInvalid with every problem, file and line */
export async function checkBundle(
  broker: Pick<Broker, 'policy' | 'providers' | 'clientProofs' | 'agents'>,
  files: BundleFiles,
): Promise<CheckedBundle> {
  const bundle = loadBundle(files);
  const validation = validateBundle(bundle, (resource, scope) => {
    const provider = broker.providers.get(resource.kind);
    return provider
      ? provider.checkScope(resource, scope)
      : [`there is no provider for kind ${resource.kind}`];
  });
  for (const agent of bundle.agents.values()) {
    const problem = broker.clientProofs.problemOf(agent.keys);
    if (problem !== undefined) {
      const { file, line } = agent;
      throw bundleInvalid([{ file, line, message: `${agent.name}: ${problem}` }]);
    }
  }
  const active = broker.policy.version() === undefined ? undefined : broker.policy.current();
  const known = await knownAgents(broker);
  return { bundle, validation, diff: diffBundles(active?.bundle ?? loadBundle({}), bundle, known) };
}

/** A stored version with its files. @throws notFound */
export async function readBundle(
  broker: Pick<Broker, 'bundles'>,
  version: number,
): Promise<{ stored: StoredBundle; files: BundleFiles }> {
  const [[stored], files] = await Promise.all([
    broker.bundles.list({ limit: 1, before: String(version + 1) }),
    broker.bundles.files(version),
  ]);
  if (stored?.version !== version || !files) throw notFound(`Bundle version ${version}`);
  return { stored, files };
}

/** Stores a checked bundle as a new version; nothing changes until it is activated. */
export async function storeBundle(
  broker: Broker,
  actor: string,
  request: { files: BundleFiles; note: string },
): Promise<CheckedBundle & { readonly stored: StoredBundle }> {
  const checked = await checkBundle(broker, request.files);
  const words = await sealed(broker, actor, { note: request.note || undefined });
  const stored = await broker.bundles.insert(
    {
      files: request.files,
      digest: checked.bundle.digest,
      note: request.note,
      author: actor,
    },
    (version) => ({
      actor,
      action: 'policy.stored',
      subject: `bundle:${version}`,
      detail: { version, digest: checked.bundle.digest, ...words },
    }),
  );
  return { ...checked, stored };
}

/** What came of asking for an activation. */
export type Activation =
  | { readonly kind: 'active'; readonly version: number; readonly previous: number | undefined }
  /** It widens a protected environment: somebody has to approve it first. */
  | { readonly kind: 'asked'; readonly approval: Approval };

/**
 * Makes a stored version the active one, or asks for the approval of what it widens. It is checked once
 * more, since the providers that judged it may have changed, and compared with what is active now. Live
 * grants are decided again by the job that this wakes.
 *
 * @param actor whose change it is
 * @param compared the version that the actor compared it with; 0: none
 * @throws notFound | bundleInvalid | conflict | approvalUnavailable
 */
export async function activateBundle(
  broker: Broker,
  actor: string,
  version: number,
  compared?: number,
): Promise<Activation> {
  const files = await broker.bundles.files(version);
  if (!files) throw notFound(`Bundle version ${version}`);
  await broker.policy.refresh();
  const from = broker.policy.version();
  if (compared !== undefined && compared !== (from ?? 0)) {
    throw conflict(`Version ${from} became active meanwhile: look at the difference again.`);
  }
  const { bundle, diff } = await checkBundle(broker, files);
  const widens = diff.widens.map(({ text }) => text);
  const leave =
    widens.length === 0
      ? FREE
      : await askToWiden(broker, actor, {
          change: changeOf(broker, { version, bundle, diff }),
          plan: widens,
        });
  if (leave.kind === 'ask') return { kind: 'asked', approval: leave.approval };
  const agents = [...bundle.agents.values()].map(({ name, owner, teams, keys }) => ({
    id: broker.newId('agent'),
    name,
    owner,
    teams,
    ...keys,
    proofs: broker.clientProofs.proofsOf(keys),
  }));
  const detail = { version, previous: from ?? null, digest: bundle.digest };
  const { previous, rekeyed } = await broker.bundles.activate(
    version,
    agents,
    {
      actor,
      action: 'policy.activated',
      subject: `bundle:${version}`,
      detail: { ...detail, diff: diff.digest, ...leave.detail },
    },
    { from, approvalId: leave.approvalId },
  );
  await broker.policy.refresh();
  await broker.feed.catchUp();
  for (const id of rekeyed) await endUnproven(broker, id, actor);
  return { kind: 'active', version, previous };
}

/** What is signed for a bundle: both versions, by number and by content, and what lies between them. */
function changeOf(
  broker: Broker,
  { version, bundle, diff }: { version: number; bundle: Bundle; diff: BundleDiff },
) {
  const from = broker.policy.version();
  return {
    what: 'policy' as const,
    from:
      from === undefined ? null : { version: from, digest: broker.policy.current().bundle.digest },
    to: { version, digest: bundle.digest },
    diff_digest: diff.digest,
  };
}
