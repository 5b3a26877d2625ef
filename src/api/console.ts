import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Express, Request, Response } from 'express';
import { notFound } from '../domain/errors.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const CODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/**
 * The console under `/console`: its page for every path a person may open there, and its assets, whose
 * names are hashes of what they hold. Nothing is mounted where it was not built.
 */
export function consoleRoutes(app: Express, issuer: string, folder: string): void {
  const page = join(folder, 'index.html');
  if (!existsSync(page)) return;
  const assets = assetsIn(folder);
  const base = `${new URL(issuer).pathname.replace(/\/$/, '')}/console/`;
  const html = readFileSync(page, 'utf8').replace('<base href="/" />', `<base href="${base}" />`);
  app.get('/console/assets/:name', (request, response) =>
    sendAsset(assets.get(request.params['name']), request, response),
  );
  app.get(['/console', '/console/', '/console/*splat'], (request, response) => {
    const elsewhere = nameOf(issuer, request);
    if (elsewhere) response.redirect(302, elsewhere);
    else sendPage(html, response);
  });
}

interface Asset {
  readonly file: string;
  readonly type: string;
  /** Content coding → file, best first. */
  readonly coded: readonly (readonly [string, string])[];
}

/** Every asset by its exact name: no path of a request is ever looked up on disk. */
function assetsIn(folder: string): ReadonlyMap<string, Asset> {
  const below = join(folder, 'assets');
  const files = new Set(readdirSync(below));
  const assets = new Map<string, Asset>();
  for (const name of files) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const coded = CODINGS.filter(([, suffix]) => files.has(name + suffix)).map(
      ([coding, suffix]) => [coding, join(below, name + suffix)] as const,
    );
    assets.set(name, { file: join(below, name), type, coded });
  }
  return assets;
}

async function sendAsset(
  asset: Asset | undefined,
  request: Request,
  response: Response,
): Promise<void> {
  if (!asset) throw notFound('This asset');
  const accepted = (request.get('accept-encoding') ?? '').split(',').map((one) => one.trim());
  const [coding, file] = asset.coded.find(([name]) => accepted.includes(name)) ?? [];
  response.set({
    'Content-Type': asset.type,
    'Cache-Control': 'public, max-age=31536000, immutable',
    Vary: 'Accept-Encoding',
    ...(coding === undefined ? {} : { 'Content-Encoding': coding }),
  });
  // A browser that leaves is no failure of ours.
  await pipeline(createReadStream(file ?? asset.file), response).catch(() => undefined);
}

/**
 * No script but ours from this origin, no eval, no framing. Style elements need the page's nonce:
 * dialogs lock the page's scrolling with one.
 */
function sendPage(html: string, response: Response): void {
  const nonce = randomBytes(16).toString('base64url');
  response.set({
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': [
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'self' 'nonce-${nonce}'`,
      "img-src 'self'",
      "font-src 'self'",
      "connect-src 'self'",
      "base-uri 'self'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'Permissions-Policy':
      'publickey-credentials-get=(self), publickey-credentials-create=(self), clipboard-write=(self), camera=(), microphone=(), geolocation=()',
  });
  response.send(html.replaceAll('__NONCE__', nonce));
}

/**
 * A passkey belongs to a name: whoever came by a loopback address is sent to the issuer's name. The
 * address comes from the configuration, never from the request.
 */
function nameOf(issuer: string, request: Request): string | undefined {
  const { hostname } = new URL(issuer);
  const asked = /^(127\.0\.0\.1|\[::1\])(:\d+)?$/.test(request.get('host') ?? '');
  return asked && hostname === 'localhost' ? `${issuer}${request.path}` : undefined;
}
