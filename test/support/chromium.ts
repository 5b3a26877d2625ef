import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

const run = promisify(execFile);
const VERSION = '147.0.0';
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const HOW =
  'No Chromium here: install Chromium or Chrome, or name one in CHROMIUM_PATH. On Linux x64 npm brings one along (@sparticuz/chromium).';

interface Found {
  readonly executablePath: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * A real Chromium: `CHROMIUM_PATH`, the system's, else the one that comes by npm.
 * @throws Error that says how to get one
 */
export async function launchChromium(): Promise<Browser> {
  const { executablePath, args, env } = await findChromium();
  return chromium.launch({ executablePath, args: [...args], env: { ...process.env, ...env } });
}

async function findChromium(): Promise<Found> {
  const named = process.env['CHROMIUM_PATH'] ?? onPath();
  const args = ['--no-sandbox', '--font-render-hinting=none'];
  if (named !== undefined) return { executablePath: named, args, env: {} };
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error(HOW);
  const folder = await unpacked();
  return {
    executablePath: join(folder, 'chromium'),
    args: [...args, '--disable-gpu', '--headless=shell'],
    env: {
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      FONTCONFIG_FILE: join(folder, 'fonts.conf'),
    },
  };
}

function onPath(): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((file) => existsSync(file));
}

/**
 * The folder with the package's Chromium unpacked, kept from run to run. It is unpacked aside and put in
 * place whole: another test file may be doing the same.
 */
async function unpacked(): Promise<string> {
  const folder = join(tmpdir(), `countersign-chromium-${VERSION}-${process.getuid?.() ?? 0}`);
  if (existsSync(folder)) return folder;
  const draft = mkdtempSync(`${folder}-`);
  try {
    // In a process of its own: it unpacks below TMPDIR, and its libraries only where it takes itself to
    // be in Lambda.
    const env = { ...process.env, TMPDIR: draft, AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' };
    await run(process.execPath, ['--input-type=module', '--eval', UNPACK], { env });
    writeFileSync(join(draft, 'fonts.conf'), fontsOf(folder));
    renameSync(draft, folder);
  } catch (error) {
    if (!existsSync(folder)) throw new Error(HOW, { cause: error });
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

const UNPACK =
  "const { default: packaged } = await import('@sparticuz/chromium'); await packaged.executablePath();";

/** Fontconfig's settings: the fonts that came along, and the system's. */
function fontsOf(folder: string): string {
  const folders = [join(folder, 'fonts', 'fonts'), '/usr/share/fonts', '/usr/local/share/fonts'];
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
${folders.map((one) => `  <dir>${one}</dir>`).join('\n')}
  <cachedir>${join(folder, 'fonts-cache')}</cachedir>
</fontconfig>
`;
}
