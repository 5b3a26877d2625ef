import { isBrokerError, notFound, providerFailed } from '../domain/errors.ts';
import type { OperatorPrincipal } from '../domain/principal.ts';
import { type Resource, templateOf } from '../domain/resource.ts';
import type {
  TemplateDefinition,
  TemplateProgress,
  TemplateReport,
  TemplateVersion,
} from '../domain/template.ts';
import type { AnyProvider, BuildRequest, Reach } from '../ports/provider.ts';
import type { Broker } from './context.ts';
import { definitionDigest } from './pin-template.ts';

const HEARTBEAT_MS = 2_000;
const IDENTIFY_TIMEOUT_MS = 10_000;

/**
 * Begins to build the next version of a template beside the one in use. Answers when the version is on record
 * with its name; the build goes on in this process. Sandboxes that are open do not notice.
 *
 * @throws notFound | conflict while one is being built | notHardened | secretUnavailable | provider…
 */
export async function refreshTemplate(
  broker: Broker,
  operator: OperatorPrincipal,
  names: { readonly resource: string; readonly template: string },
): Promise<TemplateVersion> {
  const resource = broker.policy.resource(names.resource);
  const definition = resource && templateOf(resource, names.template);
  const source = definition && broker.policy.resource(definition.source);
  if (!resource || !definition || !source) throw notFound('Template');
  const provider = broker.providers.get(resource.kind);
  if (!provider?.buildTemplate) {
    throw providerFailed('provider_misconfigured', `${resource.kind} has no sandboxes.`);
  }
  await broker.health.refuseUnhardened(resource);
  const root = await broker.secrets.read(resource.connection.url.secret);
  const from = await broker.secrets.read(source.connection.url.secret);
  const place = await placeOf(provider, { resource, root });
  const named = { name: names.template, definition, ...place };
  const version = await record(broker, operator, resource, named);
  const build = { resource, root, source: { resource: source, root: from } };
  const template = { ...named, database: version.database };
  broker.templateBuilds.start((signal) =>
    run(broker, version, provider, { ...build, template, signal }),
  );
  return version;
}

type Place = Pick<TemplateVersion, 'server' | 'serverIdentity'>;

/** On which server it will be: asked before anything is made, so that it is found there again. */
async function placeOf(provider: AnyProvider, reach: Omit<Reach, 'signal'>): Promise<Place> {
  const signal = AbortSignal.timeout(IDENTIFY_TIMEOUT_MS);
  const id = (await provider.identify?.({ ...reach, signal }))?.id;
  const server = provider.serverOf(reach.root);
  return { server, ...(id === undefined ? {} : { serverIdentity: id }) };
}

/** Intent first: the database's name is on record before it is made. */
function record(
  broker: Broker,
  operator: OperatorPrincipal,
  resource: Resource,
  template: Place & { readonly name: string; readonly definition: TemplateDefinition },
): Promise<TemplateVersion> {
  const id = broker.newId('template');
  const { name, definition, ...place } = template;
  const digest = definitionDigest(definition);
  const database = `cs_${broker.installation}_t_${id.slice('tpl_'.length)}`;
  const row = {
    id,
    resource: resource.name,
    name,
    database,
    definition: digest,
    source: definition.source,
    secret: resource.connection.url.secret,
    ...place,
  };
  return broker.templates.begin(row, (version) => ({
    actor: operator.id,
    action: 'template.building',
    subject: id,
    detail: {
      resource: resource.name,
      template: name,
      version,
      source: definition.source,
      database,
      definition: digest,
    },
  }));
}

async function run(
  broker: Broker,
  version: TemplateVersion,
  provider: AnyProvider,
  request: Omit<BuildRequest, 'onProgress'>,
): Promise<void> {
  const given = new AbortController();
  const signal = AbortSignal.any([request.signal, given.signal]);
  let progress: TemplateProgress = {
    step: 'reading the source',
    tables: 0,
    tablesDone: 0,
    rows: 0,
  };
  const beat = setInterval(() => {
    void broker.templates
      .progress(version.id, progress)
      // Given up by somebody who thought this process dead: then nobody may go on.
      .then((ours) => ours || given.abort())
      .catch(() => undefined);
  }, HEARTBEAT_MS);
  try {
    const onProgress = (now: TemplateProgress) => {
      progress = now;
    };
    const report = await provider.buildTemplate?.({ ...request, signal, onProgress });
    if (report) await complete(broker, version, report);
  } catch (error) {
    await fail(broker, version, isBrokerError(error) ? error.detail : 'Something went wrong here.');
  } finally {
    clearInterval(beat);
  }
}

async function complete(
  broker: Broker,
  version: TemplateVersion,
  report: TemplateReport,
): Promise<void> {
  await broker.templates.complete(version.id, report, {
    actor: 'broker',
    action: 'template.ready',
    subject: version.id,
    detail: {
      bytes: report.bytes,
      tables: report.tables,
      rows: report.rows,
      masked: Object.keys(report.masked).length,
      skipped: report.skipped.length,
    },
  });
}

/** What it left at the server is dropped by the job; so it is where this cannot be recorded. */
function fail(broker: Broker, version: TemplateVersion, error: string): Promise<void> {
  return broker.templates.fail(version.id, error, {
    actor: 'broker',
    action: 'template.failed',
    subject: version.id,
    detail: { resource: version.resource, template: version.name, version: version.version },
  });
}
