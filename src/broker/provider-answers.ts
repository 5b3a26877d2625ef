import type { SandboxChanges } from '../domain/changes.ts';
import { Secret } from '../domain/secret.ts';
import type { TemplateReport } from '../domain/template.ts';
import type {
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
