/** What global setup hands to every test file about one running server. */
export interface ServerAddress {
  readonly major: number;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** The servers that could be started here. */
    postgres: readonly ServerAddress[];
    /** The folder with `src` compiled. */
    built: string;
  }
}
