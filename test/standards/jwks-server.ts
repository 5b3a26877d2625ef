import { createServer, type RequestListener } from 'node:http';
import { listen } from '../support/line.ts';

/** A JWKS endpoint of somebody else, on loopback. */
export interface JwksServer {
  /** `host:port`, as a deployment would allow it. */
  readonly place: string;
  readonly url: string;
  /** Requests so far: method and path. */
  readonly hits: string[];
  /** Connections so far, whether or not a request came over them. */
  connections: number;
  /** What it answers from now on. */
  answer: RequestListener;
  stop(): Promise<void>;
}

/** Answers with these public keys. */
export function sendingKeys(...keys: readonly { readonly jwk: object }[]): RequestListener {
  return (_request, response) => {
    response.setHeader('content-type', 'application/jwk-set+json');
    response.end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
  };
}

export async function startJwksServer(answer: RequestListener): Promise<JwksServer> {
  const hits: string[] = [];
  const http = createServer((request, response) => {
    hits.push(`${request.method} ${request.url}`);
    jwks.answer(request, response);
  });
  http.on('connection', () => {
    jwks.connections += 1;
  });
  const place = `127.0.0.1:${await listen(http, 0)}`;
  const jwks: JwksServer = {
    place,
    url: `http://${place}/jwks.json`,
    hits,
    connections: 0,
    answer,
    stop: async () => {
      http.closeAllConnections();
      await new Promise((done) => http.close(done));
    },
  };
  return jwks;
}
