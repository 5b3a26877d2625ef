import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { listen } from './line.ts';

interface Key {
  readonly key: string;
  readonly rights: readonly string[];
  readonly expires_at: string;
}

/** A small service that somebody could run: documents, and keys for them that its admin hands out. */
export interface KeyService {
  readonly port: number;
  readonly adminToken: string;
  /** By name, as the service holds them. */
  readonly keys: ReadonlyMap<string, Key>;
  close(): void;
}

/**
 * `PUT /keys/{name} {rights, expires_at}` → `{key}` (a name's earlier key is gone), `PATCH /keys/{name} {expires_at}`,
 * `DELETE /keys/{name}` for good, `GET /keys` → `{names}`, all with the admin's bearer; `GET` and `POST /documents` with
 * `X-Api-Key`.
 */
export async function startKeyService(): Promise<KeyService> {
  const adminToken = randomBytes(24).toString('base64url');
  const keys = new Map<string, Key>();
  const deleted = new Set<string>();
  const http = createServer((request, response) => {
    answer(request, adminToken, { keys, deleted }).then(
      ([status, body]) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(status === 204 ? undefined : JSON.stringify(body));
      },
      () => response.writeHead(400).end(),
    );
  });
  const port = await listen(http, 0);
  return {
    port,
    adminToken,
    keys,
    close: () => {
      http.close();
      http.closeAllConnections();
    },
  };
}

type Answer = readonly [status: number, body?: unknown];

async function answer(
  request: IncomingMessage,
  adminToken: string,
  { keys, deleted }: { readonly keys: Map<string, Key>; readonly deleted: Set<string> },
): Promise<Answer> {
  const { method = '', url = '', headers } = request;
  const [, place, name = ''] = url.split('/');
  if (place === 'documents') {
    const found = [...keys.values()].find(({ key }) => key === headers['x-api-key']);
    if (!found || Date.parse(found.expires_at) <= Date.now()) return [401];
    return [found.rights.includes(method === 'GET' ? 'read' : 'write') ? 200 : 403, []];
  }
  if (headers.authorization !== `Bearer ${adminToken}`) return [401];
  if (method === 'GET') return [200, { names: [...keys.keys()] }];
  if (method === 'DELETE') {
    deleted.add(name);
    return [keys.delete(name) ? 204 : 404];
  }
  const body = (await json(request)) as { rights: string[]; expires_at: string };
  // Whoever was called off may still be on the way: what was deleted is not made again.
  if (deleted.has(name)) return [409];
  const known = keys.get(name);
  if (method === 'PATCH') {
    if (!known) return [404];
    keys.set(name, { ...known, expires_at: body.expires_at });
    return [204];
  }
  const key = randomBytes(24).toString('base64url');
  keys.set(name, { key, rights: body.rights, expires_at: body.expires_at });
  return [200, { key }];
}
