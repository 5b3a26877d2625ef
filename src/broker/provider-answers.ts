import type { SandboxChanges } from '../domain/changes.ts';
import type { BlastRadius } from '../domain/operation.ts';
import { Secret } from '../domain/secret.ts';
import type { TemplateReport } from '../domain/template.ts';
import type {
  CanOperate,
  Execution,
  Finding,
  IssuedCredential,
  OwnedPage,
  ProbeReport,
  RevokeResult,
  ServerIdentity,
  WatchAction,
} from '../ports/provider.ts';

/**
 * What a provider answered, taken apart and put together again: what is not of the shape its port
 * promises comes out as undefined, and nothing that is kept can change or throw later.
 */
export type Reading<T> = (answer: unknown) => T | undefined;

const MOST_FINDINGS = 1_000;
const MOST_ACTIONS = 10_000;
const SEVERITIES: readonly unknown[] = ['blocking', 'gap', 'advice'];
const ACTIONS: readonly unknown[] = [
  'statement_cancelled',
  'foreign_member_removed',
  'session_ended',
  'size_exceeded',
];

type Members = Readonly<Record<string, unknown>>;

function members(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null ? (value as Members) : undefined;
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function list<T>(value: unknown, most: number, read: Reading<T>): T[] | undefined {
  if (!Array.isArray(value) || value.length > most) return undefined;
  const items = value.map(read);
  return items.some((item) => item === undefined) ? undefined : (items as T[]);
}

export const text: Reading<string> = (value) => (typeof value === 'string' ? value : undefined);

/** The JSON of a credential is what the agent gets: what JSON cannot say is no credential. */
const json: Reading<Members> = (value) =>
  members(value) && (JSON.parse(JSON.stringify(value)) as Members);

export const texts: Reading<string[]> = (value) => list(value, MOST_ACTIONS, text);

export const milliseconds: Reading<number> = (value) =>
  isAmount(value) ? Math.ceil(value) : undefined;

export const nothing: Reading<true> = () => true;

export const flag: Reading<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);

export const secret: Reading<Secret> = (value) =>
  value instanceof Secret && value.reveal() !== '' ? value : undefined;

export const issuedCredential: Reading<IssuedCredential> = (value) => {
  const answer = members(value);
  const credential = json(answer?.['credential']);
  const type = credential?.['type'];
  const kept = secret(answer?.['secret']);
  if (!credential || typeof type !== 'string' || !kept) return undefined;
  const info = answer?.['info'] === undefined ? undefined : json(answer['info']);
  const serverIdentity = answer?.['serverIdentity'];
  if (serverIdentity !== undefined && typeof serverIdentity !== 'string') return undefined;
  return {
    credential: { ...credential, type },
    secret: kept,
    ...(info ? { info } : {}),
    ...(serverIdentity === undefined ? {} : { serverIdentity }),
  };
};

export const revokeResult: Reading<RevokeResult> = (value) => {
  const { msToFirstZero, sessionsSeen } = members(value) ?? {};
  if (!isAmount(msToFirstZero) || !isAmount(sessionsSeen)) return undefined;
  return { msToFirstZero, sessionsSeen };
};

/** @param limit names that were asked for */
export function ownedPage(limit: number): Reading<OwnedPage> {
  return (value) => {
    const answer = members(value);
    const names = list(answer?.['names'], limit, text);
    const next = answer?.['next'];
    if (!names || (next !== undefined && typeof next !== 'string')) return undefined;
    return { names, ...(next === undefined ? {} : { next }) };
  };
}

const finding: Reading<Finding> = (value) => {
  const { id, severity, message, sql } = members(value) ?? {};
  const statements = texts(sql);
  if (typeof id !== 'string' || typeof message !== 'string' || !statements) return undefined;
  if (!SEVERITIES.includes(severity)) return undefined;
  return { id, severity: severity as Finding['severity'], message, sql: statements };
};

export const probeReport: Reading<ProbeReport> = (value) => {
  const { reachable, hardened, serverVersion, findings } = members(value) ?? {};
  const found = list(findings, MOST_FINDINGS, finding);
  if (typeof reachable !== 'boolean' || typeof hardened !== 'boolean' || !found) return undefined;
  const version = text(serverVersion);
  return {
    reachable,
    hardened,
    findings: found,
    ...(version === undefined ? {} : { serverVersion: version }),
  };
};

const action: Reading<WatchAction> = (value) => {
  const { kind, outsideName, detail } = members(value) ?? {};
  if (typeof outsideName !== 'string' || typeof detail !== 'string') return undefined;
  if (!ACTIONS.includes(kind)) return undefined;
  return { kind: kind as WatchAction['kind'], outsideName, detail };
};

export const watchActions: Reading<WatchAction[]> = (value) => list(value, MOST_ACTIONS, action);

export const templateReport: Reading<TemplateReport> = (value) => {
  const report = json(value);
  const { bytes, tables, rows, masked, skipped } = report ?? {};
  if (![bytes, tables, rows].every(isAmount) || !members(masked)) return undefined;
  return Array.isArray(skipped) ? (report as unknown as TemplateReport) : undefined;
};

/** Shown as it is, so that its lists must be lists. */
export const changes: Reading<SandboxChanges> = (value) => {
  const answer = json(value);
  const { schema, tables, notCompared, cut } = answer ?? {};
  if (!members(schema) || !members(cut)) return undefined;
  if (!Array.isArray(tables) || !Array.isArray(notCompared)) return undefined;
  return answer as unknown as SandboxChanges;
};

export const identity: Reading<ServerIdentity> = (value) => {
  const answer = members(value);
  const addresses = texts(answer?.['addresses']);
  const id = answer?.['id'];
  if (!addresses || (id !== undefined && typeof id !== 'string')) return undefined;
  return { addresses, ...(id === undefined ? {} : { id }) };
};

/** `committing` told what was counted; this says how it ended. */
export const execution: Reading<Execution> = (value) => {
  const answer = json(value);
  const { kind, counts, reason } = answer ?? {};
  const rows = members(counts);
  if (!rows || Array.isArray(counts) || !Object.values(rows).every(isAmount)) return undefined;
  if (kind === 'committed') return { kind, counts: rows as Execution['counts'] };
  if (kind !== 'rolled_back' && kind !== 'failed') return undefined;
  const why = text(reason);
  return why === undefined ? undefined : { kind, counts: rows as Execution['counts'], reason: why };
};

const BOUND: Reading<readonly [number, number]> = (value) => {
  const [least, most, ...others] = list(value, 2, amount) ?? [];
  if (least === undefined || most === undefined || others.length > 0) return undefined;
  return least <= most ? [least, most] : undefined;
};

const amount: Reading<number> = (value) => (isAmount(value) ? value : undefined);

const cascade: Reading<BlastRadius['cascades'][number]> = (value) => {
  const { table, action: what, rows } = members(value) ?? {};
  if (typeof table !== 'string' || !isAmount(rows)) return undefined;
  return what === 'delete' || what === 'update' ? { table, action: what, rows } : undefined;
};

/** It is signed: what is not understood of it is unknown, not zero. */
export const blastRadius: Reading<BlastRadius> = (value) => {
  const answer = json(value);
  const { rows, bounds, cascades, triggers, why } = answer ?? {};
  const each = members(bounds);
  const found = list(cascades, 1_000, cascade);
  const names = list(triggers, 1_000, text);
  if (!each || Array.isArray(bounds) || !found || !names) return undefined;
  if (rows !== null && !isAmount(rows)) return undefined;
  const read = Object.entries(each).map(([table, one]) => [table, BOUND(one)] as const);
  if (read.some(([, one]) => one === undefined)) return undefined;
  return {
    rows,
    bounds: Object.fromEntries(read) as BlastRadius['bounds'],
    cascades: found,
    triggers: names,
    backup: null,
    ...(typeof why === 'string' ? { why } : {}),
  };
};

const OUTCOMES: readonly unknown[] = ['committed', 'aborted', 'running', 'unknown'];

export const outcome: Reading<Awaited<ReturnType<CanOperate['outcomeOf']>>> = (value) =>
  OUTCOMES.includes(value) ? (value as 'committed' | 'aborted' | 'running' | 'unknown') : undefined;
