/**
 * Why the embedded PostgreSQL could not start: one line a newcomer can act on, printed as it is.
 * Not a `BrokerError`: there is no caller yet to answer.
 */
export class EmbeddedPostgresError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'EmbeddedPostgresError';
  }
}

export function dataDirInUse(dataDir: string, pid: number): EmbeddedPostgresError {
  return new EmbeddedPostgresError(`data directory ${dataDir} is in use by process ${pid}`);
}

export function dataDirUnwritable(dataDir: string, cause: unknown): EmbeddedPostgresError {
  const reason = errorCode(cause) ?? 'unknown reason';
  return new EmbeddedPostgresError(
    `data directory ${dataDir} cannot be written (${reason}); set COUNTERSIGN_DATA_DIR to one that can`,
    cause,
  );
}

export function passwordMissing(dataDir: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `data directory ${dataDir} has a database but not its password file (postgres-password)`,
  );
}

export function noBinaries(packageName: string, cause: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `no embedded PostgreSQL for this system (package ${packageName} is not installed); set DATABASE_URL to a PostgreSQL 14 or later`,
    cause,
  );
}

export function unreachableFor(path: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and no other user can reach ${path}; run as an ordinary user, or set DATABASE_URL`,
  );
}

export function serverFailed(step: string, output: readonly string[]): EmbeddedPostgresError {
  const last = output.filter((line) => line.trim() !== '').slice(-5);
  return new EmbeddedPostgresError(
    `the embedded PostgreSQL failed to ${step}: ${last.join(' | ') || 'no output'}`,
  );
}

/** The `code` of a Node system error (`EACCES`), if it is one. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
