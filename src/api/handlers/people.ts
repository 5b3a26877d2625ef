import { activeGroups } from '../../broker/describe-session.ts';
import {
  findOperator,
  inviteOperator,
  removeOperator,
  setOperatorRole,
} from '../../broker/manage-operators.ts';
import {
  finishRegistration,
  removePasskey,
  startRegistration,
} from '../../broker/manage-passkeys.ts';
import type { Handlers } from '../handler.ts';
import { before, paged, pagedByName } from '../page.ts';
import * as present from '../present-people.ts';
import { signedIn } from '../signed-in.ts';

const NAMELESS = 'Passkey';

export const peopleHandlers: Pick<
  Handlers,
  | 'listOperators'
  | 'inviteOperator'
  | 'getOperator'
  | 'setOperatorRole'
  | 'removeOperator'
  | 'listGroups'
  | 'listPasskeys'
  | 'beginPasskey'
  | 'addPasskey'
  | 'removePasskey'
> = {
  listOperators: async ({ broker, query: { limit, cursor, removed } }) => {
    const page = { limit: limit + 1, removed: removed === 'true', ...before(cursor) };
    const groups = activeGroups(broker);
    const rows = await broker.operators.list(page);
    return paged(
      rows,
      limit,
      (row) => row.id,
      (row) => present.operator(row, groups),
    );
  },
  inviteOperator: async ({ broker, principal, body }) => {
    const { id, url, expiresAt } = await inviteOperator(broker, principal, body);
    const expires_at = new Date(expiresAt).toISOString();
    return { id, invitation: { url: url.reveal(), expires_at } };
  },
  getOperator: async ({ broker, params }) =>
    present.operator(await findOperator(broker, params['id'] ?? ''), activeGroups(broker)),
  setOperatorRole: async ({ broker, principal, params, body }) => {
    const operator = await setOperatorRole(broker, principal, params['id'] ?? '', body.role);
    return present.operator(operator, activeGroups(broker));
  },
  removeOperator: ({ broker, principal, params }) =>
    removeOperator(broker, principal, params['id'] ?? ''),
  listGroups: async ({ broker, query }) => {
    const active = await broker.operators.active();
    return pagedByName(
      activeGroups(broker),
      query,
      (one) => one.name,
      (one) => present.group(one, active),
    );
  },
  listPasskeys: async ({ broker, principal, query }) => {
    const own = await broker.passkeyStore.listOf(signedIn(principal).operatorId);
    return pagedByName(own, query, (one) => one.id, present.passkey);
  },
  beginPasskey: async ({ broker, principal }) =>
    present.ceremony(await startRegistration(broker, signedIn(principal))),
  addPasskey: async ({ broker, principal, body }) => {
    const { ceremony_id: ceremonyId, attestation, name = NAMELESS } = body;
    const answer = { ceremonyId, attestation, name };
    return present.passkey(await finishRegistration(broker, signedIn(principal), answer));
  },
  removePasskey: ({ broker, principal, params }) =>
    removePasskey(broker, signedIn(principal), params['id'] ?? ''),
};
