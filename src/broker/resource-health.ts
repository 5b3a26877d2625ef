import { notHardened, providerFailed } from '../domain/errors.ts';
import {
  ACCEPTABLE_GAPS,
  type AcceptableGap,
  isSandbox,
  type Resource,
} from '../domain/resource.ts';
import type { Clock } from '../ports/clock.ts';
import type { AnyProvider, Finding, ProbeReport } from '../ports/provider.ts';
import type { SecretSource } from '../ports/secrets.ts';
import type { SharedServers } from './shared-servers.ts';

/** Milliseconds a good report counts; a bad one is looked at again sooner, so that a fix shows. */
const GOOD_FOR = 60_000;
const BAD_FOR = 2_000;

/** What `probe` last said about each resource. */
export interface ResourceHealth {
  /** Asks the resource now. @throws secretUnavailable | provider… */
  probe(resource: Resource): Promise<ProbeReport>;
  /**
   * In a protected environment, and wherever sandboxes are handed out, a resource that gives PUBLIC too
   * much gets no logins (threats "PostgreSQL"). @throws notHardened
   */
  refuseUnhardened(resource: Resource): Promise<void>;
  /** Forget what was seen: secrets or definitions changed. */
  forget(): void;
}

export function createResourceHealth(parts: {
  providers: ReadonlyMap<string, AnyProvider>;
  secrets: SecretSource;
  clock: Clock;
  timeoutMs: number;
  sharedServers: SharedServers;
}): ResourceHealth {
  const seen = new Map<string, { at: number; report: ProbeReport }>();
  const asking = new Map<string, Promise<ProbeReport>>();

  async function ask(resource: Resource): Promise<ProbeReport> {
    const provider = parts.providers.get(resource.kind);
    if (!provider?.probe) {
      throw providerFailed('provider_misconfigured', `${resource.kind} cannot be probed.`);
    }
    const root = await parts.secrets.read(resource.connection.url.secret);
    const signal = AbortSignal.timeout(parts.timeoutMs);
    const report = withMore(
      resource,
      await provider.probe({ resource, root, signal }),
      await parts.sharedServers(resource),
    );
    seen.set(resource.name, { at: parts.clock.monotonic(), report });
    return report;
  }

  function askOnce(resource: Resource): Promise<ProbeReport> {
    const running = asking.get(resource.name);
    if (running) return running;
    const started = ask(resource).finally(() => asking.delete(resource.name));
    asking.set(resource.name, started);
    return started;
  }

  return {
    probe: askOnce,
    refuseUnhardened: async (resource) => {
      if (!resource.environment.protected && !isSandbox(resource)) return;
      const last = seen.get(resource.name);
      const age = last ? parts.clock.monotonic() - last.at : Number.POSITIVE_INFINITY;
      const usable = last && age < (last.report.hardened ? GOOD_FOR : BAD_FOR);
      const report = usable ? last.report : await askOnce(resource);
      if (!report.reachable) {
        throw providerFailed('provider_unavailable', `${resource.name} cannot be reached.`);
      }
      if (!report.hardened) throw refusalOf(resource, report);
    },
    forget: () => seen.clear(),
  };
}

function refusalOf(resource: Resource, { findings }: ProbeReport): Error {
  const gaps = openGaps(resource, findings);
  if (resource.environment.protected) return notHardened(resource.name, gaps);
  return notHardened(resource.name, gaps, 'hands out sandboxes');
}

function withMore(resource: Resource, report: ProbeReport, more: readonly Finding[]): ProbeReport {
  if (more.length === 0) return report;
  const hardened = report.hardened && openGaps(resource, more).length === 0;
  return { ...report, hardened, findings: [...report.findings, ...more] };
}

/** Is this finding a gap that the resource file accepts by name? */
export function isAccepted(resource: Resource, finding: Finding): boolean {
  const id = ACCEPTABLE_GAPS.find((gap): gap is AcceptableGap => gap === finding.id);
  return id !== undefined && resource.connection.accept.includes(id);
}

function openGaps(resource: Resource, findings: readonly Finding[]): string[] {
  return findings
    .filter((finding) => finding.severity !== 'advice' && !isAccepted(resource, finding))
    .map((finding) => finding.id);
}
