/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const heard = (signal: NodeJS.Signals) => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) {
        process.off(name, heard);
        process.on(name, () => process.exit(1));
      }
      resolve(signal);
    };
    process.on('SIGINT', heard);
    process.on('SIGTERM', heard);
  });
}

/** A port that somebody else has, said in one line. */
export function explainListenError(error: unknown, port: number): unknown {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return new Error(`Port ${port} is in use. Stop what uses it, or set COUNTERSIGN_PORT.`);
  }
  if (error instanceof Error && 'code' in error && error.code === 'EACCES') {
    return new Error(`Port ${port} may not be opened by this user. Set COUNTERSIGN_PORT.`);
  }
  return error;
}
