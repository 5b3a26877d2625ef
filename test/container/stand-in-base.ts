import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { buildah, tryBuildah } from './buildah.ts';
import { CACHE } from './cache.ts';
import { mustRun } from './commands.ts';

/** The base image that the Dockerfile names. */
const BASE = 'docker.io/library/node:24-bookworm-slim';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Makes an image under the name of the base image, where there is none yet: Debian's minimal
 * packages, the Node 24 binary and npm from the package registry, and the user `node` with id 1000.
 * No image registry is asked.
 */
export function ensureBase(): void {
  if (tryBuildah('inspect', '--type', 'image', BASE).status === 0) return;
  const debian = ensureDebian();
  const work = mkdtempSync(join(CACHE, 'base-'));
  try {
    unpackNode(work);
    const container = buildah('from', 'scratch');
    buildah('add', container, debian, '/');
    buildah('add', container, join(work, 'root'), '/');
    const user = ['useradd', '--create-home', '--uid', '1000', 'node'];
    buildah('run', '--isolation', 'chroot', container, '--', ...user);
    buildah('config', '--env', `PATH=${PATH}`, '--cmd', 'node', container);
    buildah('commit', '--rm', '--quiet', '--format', 'docker', container, BASE);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A tar archive of a minimal Debian 12, made once. */
function ensureDebian(): string {
  const archive = join(CACHE, 'bookworm.tar');
  if (existsSync(archive)) return archive;
  const unfinished = join(CACHE, `bookworm-${process.pid}.tar`);
  // A mirror may be a frozen snapshot, whose index is older than its validity.
  const settings = ['--quiet', '--variant=minbase', '--aptopt=Acquire::Check-Valid-Until "false"'];
  mustRun('mmdebstrap', [...settings, 'bookworm', unfinished]);
  renameSync(unfinished, archive);
  return archive;
}

/** Lays out /usr/local as the official image does: node, npm and npx. */
function unpackNode(work: string): void {
  const local = join(work, 'root', 'usr', 'local');
  const npm = join(local, 'lib', 'node_modules', 'npm');
  mkdirSync(npm, { recursive: true });
  unpack(work, `node-linux-${process.arch}@24`, local, 'package/bin');
  unpack(work, 'npm@11', npm);
  for (const name of ['npm', 'npx']) {
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, 'bin', name));
  }
}

function unpack(work: string, spec: string, into: string, ...members: string[]): void {
  const archive = mustRun('npm', ['pack', spec, '--silent', '--pack-destination', work]);
  const from = ['-xzf', join(work, archive), '-C', into, '--strip-components=1', '--no-same-owner'];
  mustRun('tar', [...from, ...members]);
}
