import { createServer, type Server } from 'node:http';
import { createApp } from './app.ts';
import type { Doors } from './doors.ts';
import { answerForm } from './hot/answer.ts';
import { FORM_ENDPOINTS } from './hot/endpoints.ts';

/**
 * One port, two doors: the OAuth forms directly on node:http, everything else through Express.
 * Express changes the prototypes of every request and response, which costs more than a whole mint.
 */
export function createHttpServer(doors: Doors): Server {
  const app = createApp(doors);
  const place = new URL(doors.broker.issuer).pathname.replace(/\/$/, '');
  const server = createServer(
    {
      maxHeaderSize: 16 * 1024,
      requestTimeout: 30_000,
      headersTimeout: 10_000,
      keepAliveTimeout: 65_000,
      insecureHTTPParser: false,
    },
    (request, response) => {
      const target = below(place, request.url ?? '/');
      request.url = target;
      const mark = target.indexOf('?');
      const path = mark < 0 ? target : target.slice(0, mark);
      const endpoint = FORM_ENDPOINTS.get(path);
      if (!endpoint) {
        app(request, response);
        return;
      }
      const query = mark < 0 ? '' : target.slice(mark + 1);
      void answerForm(doors, endpoint, request, response, { path, query });
    },
  );
  server.maxRequestsPerSocket = 0;
  server.maxHeadersCount = 100;
  return server;
}

/** A target in absolute form (RFC 9112 §3.2.2) is read as its path. */
const ORIGIN = /^https?:\/\/[^/?#]*/i;

/**
 * An issuer may have a path (RFC 8414 §3.1): its endpoints are found below that path, and without it
 * for a proxy that takes it off.
 */
function below(place: string, target: string): string {
  const path = target.startsWith('/') ? target : target.replace(ORIGIN, '') || '/';
  return place !== '' && path.startsWith(`${place}/`) ? path.slice(place.length) : path;
}
