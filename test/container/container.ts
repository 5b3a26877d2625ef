import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildah, tryBuildah } from './buildah.ts';
import { descendants, type Ended, type Running, start } from './commands.ts';
import type { ImageConfig } from './image.ts';

/** What a command in the container gets beside what the image has. */
export interface Given {
  readonly env: Readonly<Record<string, string>>;
  /** The folder that is mounted at /run/secrets. */
  readonly secrets: string;
}

/** One container of an image: its files on this machine, and how to run commands in it. */
export interface Container {
  /** The path of its root directory. */
  readonly root: string;
  /** The path of what is mounted at its state directory. */
  readonly state: string;
  /** Runs a command to its end, as the image's user, on the machine's network. */
  run(command: readonly string[], given: Given): Ended;
  /** Starts the command in the confinement of compose.yaml, on the machine's network. */
  confine(command: readonly string[], given: Given): Running;
  remove(): void;
}

/** Makes a container of the image. */
export function containerOf(tag: string, config: ImageConfig): Container {
  const name = buildah('from', '--pull-never', tag);
  const root = buildah('mount', name);
  const state = mkdtempSync(join(tmpdir(), 'countersign-state-'));
  const [uid = '', gid = ''] = config.User.split(':');
  chownSync(state, Number(uid), Number(gid));
  return {
    root,
    state,
    run(command, { env, secrets }) {
      const mounts = [`${secrets}:/run/secrets:ro`, `${state}:/var/lib/countersign`];
      const flags = ['--isolation', 'chroot', ...mounts.flatMap((mount) => ['--volume', mount])];
      const added = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
      return tryBuildah('run', ...flags, ...added, name, '--', ...command);
    },
    confine(command, { env, secrets }) {
      const script = join(import.meta.dirname, 'confine.sh');
      const added = Object.entries(env).map(([key, value]) => `${key}=${value}`);
      const unshare = ['--mount', '--pid', '--fork', '--kill-child', 'sh', script];
      const inside = ['env', '-i', ...config.Env, ...added, ...command];
      return start('unshare', [...unshare, root, state, secrets, config.User, ...inside]);
    },
    remove() {
      buildah('rm', name);
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/** The id of the Node process that this confinement runs, once there is one. */
export function nodeIn(running: Running): number | undefined {
  const { pid } = running.process;
  return pid === undefined ? undefined : descendants(pid, 'node')[0];
}

/** Ends what a test left running: the first process of the namespace takes the rest with it. */
export function kill(running: Running): void {
  const node = nodeIn(running);
  if (node !== undefined) process.kill(node, 'SIGKILL');
  running.process.kill('SIGKILL');
}
