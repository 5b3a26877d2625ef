import { exportAudit } from '../../broker/export-audit.ts';
import { liftStop } from '../../broker/lift-stop.ts';
import { deleteSecret, setSecret } from '../../broker/manage-secrets.ts';
import { probeResource } from '../../broker/probe-resource.ts';
import { revoke } from '../../broker/revoke.ts';
import { rotateRoot } from '../../broker/rotate-root.ts';
import { SecretName } from '../../contract/schemas/operate.ts';
import { invalidRequest } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import { parseVaultReference } from '../../domain/secret-name.ts';
import type { Handlers } from '../handler.ts';
import { before, paged, pagedByName } from '../page.ts';
import * as present from '../present.ts';
import { targetOf } from '../revocation-target.ts';
import { writeLines } from '../write-lines.ts';

/** Kept in Vault: whether it is there is for Vault to say, when it is needed. */
const isElsewhere = (name: string) => parseVaultReference(name) !== undefined;

function secretName(params: Readonly<Record<string, string>>): string {
  const read = SecretName.safeParse(params['name']);
  if (!read.success) {
    throw invalidRequest('name: lower-case letters, digits, ".", "_", "-" and "/".', 'name');
  }
  return read.data;
}

export const operateHandlers: Pick<
  Handlers,
  | 'listResources'
  | 'probeResource'
  | 'rotateRoot'
  | 'revoke'
  | 'listStops'
  | 'liftStop'
  | 'setSecret'
  | 'listSecrets'
  | 'deleteSecret'
  | 'exportAudit'
> = {
  listResources: async ({ broker, query }) => {
    const set = new Set((await broker.secretStore.list()).map((secret) => secret.name));
    const all = [...broker.policy.current().bundle.resources.values()];
    return pagedByName(
      all,
      query,
      (row) => row.name,
      (row) =>
        present.resource(
          row,
          isElsewhere(row.connection.url.secret) || set.has(row.connection.url.secret),
        ),
    );
  },
  probeResource: async ({ broker, principal, params }) => {
    const { resource, report } = await probeResource(broker, principal, params['name'] ?? '');
    return present.probe(resource, report);
  },
  rotateRoot: async ({ broker, principal, params }) => {
    const { oldRefused, ...rotated } = await rotateRoot(broker, principal, params['name'] ?? '');
    return { ...rotated, old_refused: oldRefused };
  },
  revoke: async ({ broker, principal, body }) => {
    const target = await targetOf(broker, body);
    const request = { target, reason: body.reason, actor: principal.id };
    return present.revocation(await revoke(broker, request));
  },
  listStops: async ({ broker, query: { limit, cursor } }) => {
    const rows = await broker.stops.list({ limit: limit + 1, ...before(cursor) });
    return paged(rows, limit, (row) => row.id, present.stop);
  },
  liftStop: async ({ broker, principal, params, body }) =>
    present.stop(await liftStop(broker, principal, params['id'] ?? '', body.reason)),
  setSecret: async ({ broker, principal, params, body }) =>
    setSecret(broker, principal, secretName(params), new Secret(body.value)),
  listSecrets: async ({ broker, query }) =>
    pagedByName(
      await broker.secretStore.list(),
      query,
      (row) => row.name,
      (row) => ({
        name: row.name,
        generation: row.generation,
        created_at: present.time(row.createdAt),
      }),
    ),
  deleteSecret: async ({ broker, principal, params }) =>
    deleteSecret(broker, principal, secretName(params)),
  exportAudit: async ({ broker, principal, query, response }) => {
    const { head, pages } = await exportAudit(broker, principal, query.from);
    response.setHeader('Countersign-Audit-Head', head);
    await writeLines(response, pages);
  },
};
