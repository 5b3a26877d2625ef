import { isJsonObject, type JsonValue, textMember } from '../../domain/strict-json.ts';
import type { Secret } from '../../domain/secret.ts';
import type { JsonAnswer, JsonCaller } from '../../ports/json-caller.ts';
import type { VaultAnswer, VaultRequest } from '../../ports/vault.ts';
import { unreachable } from './failures.ts';

/** One exchange with Vault; whatever the status, it is an answer. @throws provider_unavailable | provider_misconfigured */
export type Send = (
  request: Omit<VaultRequest, 'as' | 'expect'> & {
    readonly token?: Secret;
    /** Vault answers some paths of its own in the root namespace only. */
    readonly inRoot?: boolean;
  },
) => Promise<VaultAnswer>;

/** What node-vault hands to the transport it is given. */
interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly signal?: AbortSignal;
}

/**
 * Talks to one Vault through node-vault, over our own transport: its axios would follow redirects, heed
 * proxy variables and read answers of any size. What it takes from VAULT_* variables by itself is
 * overwritten, and its debug output, which prints bodies, goes nowhere.
 */
export function createSend(
  target: { readonly address: string; readonly namespace?: string },
  caller: JsonCaller,
): Send {
  let client: Promise<NodeVaultClient> | undefined;
  return async ({ method, path, body, token, inRoot = false, signal }) => {
    client ??= openClient(target.address, caller);
    const listing = method === 'LIST';
    const answer: JsonAnswer = await (await client).request({
      method: listing ? 'GET' : method,
      path: `/${path}${listing ? '?list=true' : ''}`,
      headers: {
        'X-Vault-Request': 'true',
        ...(token ? { 'X-Vault-Token': token.reveal() } : {}),
        ...(target.namespace && !inRoot ? { 'X-Vault-Namespace': target.namespace } : {}),
      },
      ...(body ? { json: body } : {}),
      ...(signal ? { signal } : {}),
    });
    return readAnswer(answer);
  };
}

type NodeVaultClient = Pick<Awaited<ReturnType<typeof newClient>>, 'request'>;

async function newClient(address: string, caller: JsonCaller) {
  // Loaded when first needed: it brings an HTTP client of its own along, which is never used.
  const { default: nodeVault } = await import('node-vault');
  return nodeVault({
    endpoint: address,
    debug: () => undefined,
    'request-promise': {
      defaults: () => (request: TransportRequest) => transport(caller, request),
    },
  });
}

async function openClient(address: string, caller: JsonCaller): Promise<NodeVaultClient> {
  const client = await newClient(address, caller);
  // Each may have come from a variable of the environment: only the configuration counts.
  Object.assign(client, { endpoint: address, pathPrefix: '', token: '', namespace: '' });
  // Its own reading takes any answer whose path holds `sys/health` for a success.
  client.handleVaultResponse = (answer) => Promise.resolve(answer);
  return client;
}

async function transport(
  caller: JsonCaller,
  { method, uri, headers, json, signal }: TransportRequest,
): Promise<JsonAnswer> {
  const answer = await caller.call({
    method,
    url: uri,
    headers,
    ...(json === undefined ? {} : { body: json }),
    ...(signal ? { signal } : {}),
  });
  if ('problem' in answer) throw unreachable(answer);
  return answer;
}

function readAnswer({ status, body }: JsonAnswer): VaultAnswer {
  const whole = isJsonObject(body) ? body : {};
  return {
    status,
    data: objectOf(whole['data']),
    auth: objectOf(whole['auth']),
    leaseId: textMember(whole, 'lease_id'),
    leaseDuration: numberOf(whole['lease_duration']),
    renewable: whole['renewable'] === true,
    errors: textsOf(whole['errors']),
    warnings: textsOf(whole['warnings']),
    // `sys/health` answers without an envelope.
    ...(whole['data'] === undefined && status !== 404 ? { data: whole } : {}),
  };
}

const objectOf = (value: JsonValue | undefined) => (isJsonObject(value) ? value : {});
const numberOf = (value: JsonValue | undefined) => (typeof value === 'number' ? value : 0);
const textsOf = (value: JsonValue | undefined): string[] =>
  Array.isArray(value) ? value.flatMap((item) => (typeof item === 'string' ? [item] : [])) : [];
