// What the tests use of ensure.mjs.
export const ROOT: string;
export function ensureConsole(): void;
export function freshBuild(): string | undefined;
export function compile(
  project: string,
  outDir: string,
  options?: { readonly evenWithErrors?: boolean },
): { readonly status: number; readonly output: string };
