/** What a test asks Vault for as its administrator; straight over HTTP, not through what is tested. */
export interface VaultApi {
  readonly address: string;
  readonly rootToken: string;
  call(request: AdminCall): Promise<AdminAnswer>;
}

export interface AdminCall {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'LIST';
  readonly path: string;
  readonly body?: object;
  readonly token?: string;
  readonly namespace?: string;
  /** Seconds: the answer comes wrapped. */
  readonly wrap?: number;
}

/** The members that tests look at; which of them are there depends on the call. */
interface Body {
  readonly data: {
    readonly keys: readonly string[];
    readonly role_id: string;
    readonly secret_id: string;
    readonly secret_id_accessor: string;
    readonly meta: Readonly<Record<string, string>> | null;
    readonly ttl: number;
  };
  readonly auth: { readonly client_token: string; readonly accessor: string };
  readonly wrap_info: { readonly token: string };
}

export interface AdminAnswer {
  readonly status: number;
  readonly body: Body;
}

export function vaultApi(address: string, rootToken: string): VaultApi {
  return {
    address,
    rootToken,
    call: async ({ method = 'GET', path, body, token = rootToken, namespace, wrap }) => {
      const list = method === 'LIST';
      const response = await fetch(`${address}/v1/${path}${list ? '?list=true' : ''}`, {
        method: list ? 'GET' : method,
        headers: {
          ...(token === '' ? {} : { 'X-Vault-Token': token }),
          ...(namespace === undefined ? {} : { 'X-Vault-Namespace': namespace }),
          ...(wrap === undefined ? {} : { 'X-Vault-Wrap-TTL': `${wrap}s` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: JSON.parse(text === '' ? 'null' : text) as Body };
    },
  };
}

/** The same where only success is expected. */
export async function must(api: VaultApi, request: AdminCall): Promise<Body> {
  const { status, body } = await api.call(request);
  if (status >= 200 && status < 300) return body;
  throw new Error(`${request.method ?? 'GET'} ${request.path}: ${status} ${JSON.stringify(body)}`);
}

export const post = (
  path: string,
  body: object = {},
  more: Partial<AdminCall> = {},
): AdminCall => ({
  method: 'POST',
  path,
  body,
  ...more,
});
