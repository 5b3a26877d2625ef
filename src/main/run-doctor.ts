import { stat } from 'node:fs/promises';
import { isAccepted } from '../broker/resource-health.ts';
import { isBrokerError } from '../domain/errors.ts';
import type { Resource } from '../domain/resource.ts';
import type { Config } from '../platform/config/config.ts';
import { createLogger } from '../platform/logger.ts';
import { type Composed, compose } from './compose.ts';
import type { DoctorCheck } from './doctor-check.ts';
import { overdueChecks, reconcileChecks } from './doctor-leases.ts';
import { keyChecks } from './doctor-keys.ts';
import { approvalChecks } from './doctor-approvals.ts';
import { peopleChecks } from './doctor-people.ts';
import { witnessChecks } from './doctor-witness.ts';
import { localStoreUrl } from './local-store.ts';
import { settingsFor } from './settings.ts';
import { vaultChecks } from './vault-checks.ts';

export type { DoctorCheck };

/** What stands at a resource, by its kind. */
const PRODUCTS: Readonly<Record<string, string>> = { postgres: 'PostgreSQL', vault: 'Vault' };

/** `countersign doctor`: what is missing or too much, with what mends it. Changes nothing. */
export async function runDoctor(): Promise<{ checks: DoctorCheck[] }> {
  let config: Config;
  try {
    config = settingsFor('local').config;
  } catch (error) {
    return { checks: [fail('config', messageOf(error), 'countersign config check')] };
  }
  return { checks: await doctorChecks(config) };
}

/** The same, where the configuration is known. */
export async function doctorChecks(config: Config): Promise<DoctorCheck[]> {
  const checks: DoctorCheck[] = [
    { id: 'config', level: 'ok', message: 'The configuration is good.' },
    ...(await dataDirectory(config)),
    ...runningUser(),
  ];
  let composed: Composed | undefined;
  try {
    const databaseUrl = await localStoreUrl(config);
    composed = await compose({ ...config, databaseUrl }, createLogger({ level: 'silent' }));
    await composed.broker.policy.refresh();
    checks.push({
      id: 'store',
      level: 'ok',
      message: 'The store answers; its role owns no table.',
    });
    checks.push(
      ...(await witnessChecks(composed.broker)),
      ...(await storeChecks(composed)),
      ...(await peopleChecks(composed.broker)),
      ...(await approvalChecks(composed.broker)),
      ...(await vaultChecks(config, composed.vault)),
      ...(await resourceChecks(composed)),
    );
  } catch (error) {
    checks.push(fail('store', messageOf(error), 'Start the broker, or check DATABASE_URL.'));
  } finally {
    await composed?.dispose();
  }
  return checks;
}

async function dataDirectory(config: Config): Promise<DoctorCheck[]> {
  const found = await stat(config.dataDir).catch(() => undefined);
  if (!found) return [];
  const open = (found.mode & 0o077) !== 0;
  const id = 'data-dir';
  if (!open) return [{ id, level: 'ok', message: `${config.dataDir} is private.` }];
  const mode = (found.mode & 0o777).toString(8);
  return [
    {
      id,
      level: 'warn',
      message: `${config.dataDir} can be read by others (mode ${mode}).`,
      next: `chmod 700 ${config.dataDir}`,
    },
  ];
}

/** Agents under the broker's user id could read its keys from memory or disk. */
function runningUser(): DoctorCheck[] {
  const uid = process.getuid?.();
  if (uid === undefined) return [];
  const who = uid === 0 ? 'root' : `user id ${uid}`;
  return [
    {
      id: 'user',
      level: uid === 0 ? 'warn' : 'ok',
      message: `This runs as ${who}. Agents must run under another user id.`,
      ...(uid === 0 ? { next: 'Run the broker as a user of its own.' } : {}),
    },
  ];
}

async function storeChecks({ broker }: Composed): Promise<DoctorCheck[]> {
  const [overdue, reconciled] = await Promise.all([
    broker.queue.overdue(),
    broker.reconciliations.list(),
  ]);
  const now = broker.clock.now();
  const pending = broker.journal.pending().length;
  return [
    ...overdueChecks(overdue, now),
    ...reconcileChecks(reconciled, now),
    ...(pending === 0
      ? []
      : [
          {
            id: 'journal',
            level: 'warn' as const,
            message: `${pending} audit entries wait in the journal.`,
            next: 'They are appended when the store takes entries again.',
          },
        ]),
    ...(await keyChecks(broker)),
  ];
}

async function resourceChecks({ broker }: Composed): Promise<DoctorCheck[]> {
  if (broker.policy.version() === undefined) {
    const next = 'countersign policy apply ./policies';
    return [{ id: 'policy', level: 'warn', message: 'No policy bundle is active.', next }];
  }
  const resources = [...broker.policy.current().bundle.resources.values()];
  const active: DoctorCheck = {
    id: 'policy',
    level: 'ok',
    message: `Bundle ${broker.policy.version()} is active: ${resources.length} resource(s).`,
  };
  const probed = await Promise.all(resources.map((resource) => probeOne(broker, resource)));
  return [active, ...probed.flat()];
}

async function probeOne(broker: Composed['broker'], resource: Resource): Promise<DoctorCheck[]> {
  const id = `resource:${resource.name}`;
  try {
    const report = await broker.health.probe(resource);
    const open = report.findings.filter((finding) => !isAccepted(resource, finding));
    const verdict = report.hardened ? 'hardened' : 'not hardened';
    const level = report.hardened ? 'ok' : resource.environment.protected ? 'fail' : 'warn';
    return [
      {
        id,
        level,
        message: `${resource.name}: ${PRODUCTS[resource.kind] ?? resource.kind} ${report.serverVersion ?? '(no answer)'}, ${verdict}.`,
      },
      ...open.map(
        (finding): DoctorCheck => ({
          id: `${id}:${finding.id}`,
          level: finding.severity === 'advice' ? 'warn' : level === 'ok' ? 'warn' : level,
          message: `${resource.name}: ${finding.message}`,
          ...(finding.sql.length > 0 ? { next: 'Run this SQL there:', sql: finding.sql } : {}),
        }),
      ),
    ];
  } catch (error) {
    const hint = isBrokerError(error) ? error.meta.hint?.how : undefined;
    return [
      {
        id,
        level: 'warn',
        message: `${resource.name}: ${isBrokerError(error) ? error.detail : messageOf(error)}`,
        ...(hint === undefined ? {} : { next: hint }),
      },
    ];
  }
}

function fail(id: string, message: string, next: string): DoctorCheck {
  return { id, level: 'fail', message, next };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
