import { fileURLToPath } from 'node:url';

/** Files that come with the program, wherever it is installed (`src/main` and `dist/main` alike). */
export const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

/** The built console (`npm run build`). */
export const CONSOLE = fileURLToPath(new URL('../../dist/console', import.meta.url));
