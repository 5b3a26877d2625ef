import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildah, tryBuildah } from './buildah.ts';
import { CACHE } from './cache.ts';
import { mustRun } from './commands.ts';

/** What the image says about how it is run. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Volumes: Readonly<Record<string, unknown>>;
  readonly StopSignal: string;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

const IN_BUILD_CA = '/run/secrets/ca.pem';
const NAME = 'localhost/countersign-test';

/** The name of this run's image. */
export const TAG = `${NAME}:${process.pid}`;

/** Removes the image of this run, and those (with their containers) of runs that were killed. */
export function removeImages(): void {
  const tags = buildah('images', '--all', '--format', '{{.Name}}:{{.Tag}}').split('\n');
  for (const tag of tags.filter((name) => name.startsWith(`${NAME}:`))) {
    const run = tag.slice(NAME.length + 1);
    if (tag === TAG || !existsSync(`/proc/${run}`)) tryBuildah('rmi', '--force', tag);
  }
}

/**
 * Builds the Dockerfile of `context` under {@link TAG}. This machine's npm settings and certificates come
 * in as build secrets, with `canary` among them as an authentication token.
 */
export function buildImage(context: string, canary: string): void {
  const npmrc = join(CACHE, `npmrc-${process.pid}`);
  const secrets = ['--secret', `id=npmrc,src=${npmrc}`];
  const ca = certificates();
  if (ca !== undefined) secrets.push('--secret', `id=ca,src=${ca}`);
  try {
    writeFileSync(npmrc, npmSettings(ca !== undefined, canary), { mode: 0o600 });
    const how = ['--isolation', 'chroot', '--pull-never', '--format', 'docker'];
    buildah('bud', ...how, ...secrets, '--tag', TAG, context);
  } finally {
    rmSync(npmrc, { force: true });
  }
}

/** The image's settings and the whole of its metadata as text. */
export function inspectImage(): { config: ImageConfig; text: string } {
  const text = buildah('inspect', '--type', 'image', TAG);
  return { config: JSON.parse(text).Docker.config, text };
}

/** The settings files npm reads here, without what only makes sense outside the build. */
function npmSettings(withCa: boolean, canary: string): string {
  const lines = ['globalconfig', 'userconfig']
    .map((name) => setting(name))
    .filter((file) => file !== undefined && existsSync(file))
    .flatMap((file) => readFileSync(file as string, 'utf8').split('\n'))
    .filter((line) => !/^\s*(cafile|nodedir|prefix|cache|registry)\s*=/.test(line));
  lines.push(`registry=${setting('registry')}`, `//registry.invalid/:_authToken=${canary}`);
  if (withCa) lines.push(`cafile=${IN_BUILD_CA}`);
  return `${lines.join('\n')}\n`;
}

/** The certificates that Node trusts here beyond its own. */
function certificates(): string | undefined {
  const file = setting('cafile') ?? process.env['NODE_EXTRA_CA_CERTS'];
  return file !== undefined && existsSync(file) ? file : undefined;
}

function setting(name: string): string | undefined {
  const value = mustRun('npm', ['config', 'get', name, '--loglevel=error']);
  return value === 'null' || value === 'undefined' || value === '' ? undefined : value;
}
