import type { Broker } from '../broker/context.ts';
import type { DoctorCheck } from './doctor-check.ts';

const DAY_MS = 86_400_000;
/** Days after which a key or a root credential is called old. */
const OLD_DAYS = 90;
/** Milliseconds after which an unfinished rotation is no longer one that is just running. */
const STUCK_MS = 120_000;

/** The credentials that the broker was given or made for itself, with their ages (promise 11). */
export async function keyChecks(broker: Broker): Promise<DoctorCheck[]> {
  const now = broker.clock.now();
  const [keys, master, secrets, unfinished] = await Promise.all([
    broker.signingKeys.list(),
    broker.sealedRows.masterKey(),
    broker.secretStore.list(),
    broker.rotations.unfinished(),
  ]);
  return [
    ...keys.map((key): DoctorCheck => {
      const started = key.signsFrom ?? key.createdAt;
      const id = `signing-key:${key.kid}`;
      const what = `The signing key ${key.kid} (${key.alg})`;
      if (started > now) {
        return { id, level: 'ok', message: `${what} is published and signs from ${iso(started)}.` };
      }
      if (key.leavesAt !== null) {
        return {
          id,
          level: 'ok',
          message: `${what} is replaced and leaves at ${iso(key.leavesAt)}.`,
        };
      }
      return aged(id, what, started, now, 'Replace it: countersign key rotate');
    }),
    ...(await masterKeyChecks(broker, master, now)),
    ...secrets.map(({ name, generation, createdAt }) =>
      aged(
        `secret:${name}`,
        `The root credential ${name} (generation ${generation})`,
        createdAt,
        now,
        `Replace it: countersign resource rotate-root, or secret set ${name}`,
      ),
    ),
    ...unfinished.map(({ name, startedAt }): DoctorCheck => {
      const stuck = now - startedAt > STUCK_MS;
      return {
        id: `rotation:${name}`,
        level: stuck ? 'fail' : 'warn',
        message: `The rotation of ${name}, begun ${iso(startedAt)}, is not finished.`,
        next: stuck
          ? 'See that the resource answers, then: countersign resource rotate-root'
          : 'It is tried again by itself.',
      };
    }),
  ];
}

async function masterKeyChecks(
  broker: Broker,
  { keyId, since, settled }: Awaited<ReturnType<Broker['sealedRows']['masterKey']>>,
  now: number,
): Promise<DoctorCheck[]> {
  if (keyId === undefined) return [];
  const what = `The master key ${keyId}`;
  const left = await broker.sealedRows.countOthers(keyId);
  if (settled && left === 0) {
    return [aged('master-key', what, since, now, 'Replace it: docs/rotation.md')];
  }
  return [
    {
      id: 'master-key',
      level: 'fail',
      message: `${what} was put in place, and ${left} sealed value(s) are still under another one.`,
      next: 'Finish it: countersign master-key rotate',
    },
  ];
}

function aged(id: string, what: string, since: number, now: number, next: string): DoctorCheck {
  const days = Math.max(0, Math.floor((now - since) / DAY_MS));
  const old = days > OLD_DAYS;
  const message = `${what} is ${days} days old.`;
  return { id, level: old ? 'warn' : 'ok', message, ...(old ? { next } : {}) };
}

function iso(unixMs: number): string {
  return new Date(unixMs).toISOString();
}
