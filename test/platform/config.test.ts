import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { masterKeyProblem } from '../../src/keys/master-key.ts';
import { type Config, loadConfig, type Mode } from '../../src/platform/config/config.ts';
import { isExposed } from '../../src/platform/config/modes.ts';
import { CLI_VARIABLES, CONFIG_FILE, settings } from '../../src/platform/config/variables.ts';

const directories: string[] = [];
afterEach(() => {
  for (const path of directories.splice(0)) rmSync(path, { recursive: true });
});

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'config-'));
  directories.push(path);
  return path;
}

function file(text: string, mode = 0o600): string {
  const path = join(directory(), 'file');
  writeFileSync(path, text, { mode });
  return path;
}

const key = randomBytes(32).toString('base64');
const production = {
  COUNTERSIGN_ISSUER: 'https://broker.example.com',
  DATABASE_URL: 'postgres://runtime:hunter2hunter2@db.example.com:5432/countersign',
  COUNTERSIGN_MASTER_KEY: key,
};

function load(mode: Mode, env: Record<string, string | undefined>) {
  return loadConfig(mode, { env, masterKeyProblem });
}

function configOf(mode: Mode, env: Record<string, string | undefined>): Config {
  const loaded = load(mode, env);
  if ('problems' in loaded) throw new Error(loaded.problems.join('\n'));
  return loaded.config;
}

function problemsOf(mode: Mode, env: Record<string, string | undefined>): string {
  const loaded = load(mode, env);
  return 'problems' in loaded ? loaded.problems.join('\n') : '';
}

describe('defaults and sources', () => {
  it('are those of the contract', () => {
    expect(configOf('local', {})).toMatchObject({
      http: { host: '127.0.0.1', port: 7300, issuer: 'http://localhost:7300' },
      dataDir: '.countersign',
      policies: 'policies',
      databaseUrl: undefined,
      signingAlg: 'ES256',
    });
  });

  it('take the environment before the file, and an empty variable as not set', () => {
    const path = file('port: 8000\nhost: 0.0.0.0\nnetwork_allow: ["idp.internal:8443"]\n');
    const config = configOf('local', {
      [CONFIG_FILE]: path,
      COUNTERSIGN_PORT: '9000',
      COUNTERSIGN_HOST: '',
    });
    expect(config).toMatchObject({
      http: { host: '0.0.0.0', port: 9000 },
      networkAllow: ['idp.internal:8443'],
    });
  });

  it('read JSON as well, and lists from commas', () => {
    const path = file('{"log_level":"debug"}');
    const env = { [CONFIG_FILE]: path, COUNTERSIGN_NETWORK_ALLOW: 'a.internal:1, [fd00::1]:443,' };
    expect(configOf('local', env)).toMatchObject({
      logLevel: 'debug',
      networkAllow: ['a.internal:1', '[fd00::1]:443'],
    });
  });

  it('read a secret from the file that is named', () => {
    const config = configOf('serve', {
      ...production,
      COUNTERSIGN_MASTER_KEY: undefined,
      COUNTERSIGN_MASTER_KEY_FILE: file(`${key}\n`),
    });
    expect(config.masterKey?.reveal()).toBe(key);
  });

  it('do not show a secret when printed', () => {
    const loaded = load('serve', production);
    const text = JSON.stringify(loaded);
    expect(text).not.toContain('hunter2hunter2');
    expect(text).not.toContain(key);
    expect(loaded).toMatchObject({
      described: expect.arrayContaining([
        { name: 'DATABASE_URL', value: '[redacted]', from: 'DATABASE_URL' },
        { name: 'COUNTERSIGN_PORT', value: '7300', from: 'default' },
      ]),
    });
  });
});

describe('refused, naming the setting and never the value', () => {
  it.each([
    [{ COUNTERSIGN_PROT: '1' }, /COUNTERSIGN_PROT is not a setting/],
    [{ COUNTERSIGN_PORT: 'http' }, /COUNTERSIGN_PORT: wants a whole number/],
    [{ COUNTERSIGN_PORT: '70000' }, /COUNTERSIGN_PORT: /],
    [{ COUNTERSIGN_PORT: '-1' }, /COUNTERSIGN_PORT: /],
    [{ COUNTERSIGN_PORT: '1e3' }, /COUNTERSIGN_PORT: /],
    [{ COUNTERSIGN_SIGNING_ALG: 'HS256' }, /COUNTERSIGN_SIGNING_ALG: /],
    [{ COUNTERSIGN_LOG_LEVEL: 'loud' }, /COUNTERSIGN_LOG_LEVEL: /],
    [{ COUNTERSIGN_NETWORK_ALLOW: 'idp.internal' }, /COUNTERSIGN_NETWORK_ALLOW: wants host:port/],
    [{ COUNTERSIGN_NETWORK_ALLOW: '*.internal:443' }, /COUNTERSIGN_NETWORK_ALLOW: /],
    [{ COUNTERSIGN_TRUSTED_PROXIES: '10.0.0.0/33' }, /COUNTERSIGN_TRUSTED_PROXIES: /],
    [{ COUNTERSIGN_TRUSTED_PROXIES: 'proxy.internal' }, /COUNTERSIGN_TRUSTED_PROXIES: /],
    [{ DATABASE_URL: 'mysql://u:hunter2@h/d' }, /DATABASE_URL: wants a URL/],
    [{ DATABASE_URL: 'hunter2' }, /DATABASE_URL: wants a URL/],
    [{ ...production, DATABASE_URL_FILE: '/nowhere' }, /DATABASE_URL and DATABASE_URL_FILE/],
    [{ DATABASE_URL_FILE: '/nowhere' }, /DATABASE_URL_FILE: .*ENOENT/],
    [{ COUNTERSIGN_CONFIG: '/nowhere' }, /COUNTERSIGN_CONFIG: .*ENOENT/],
  ])('%j', (env, problem) => {
    const problems = problemsOf('local', env);
    expect(problems).toMatch(problem);
    expect(problems).not.toMatch(/hunter2/);
  });

  it.each([
    ['an unknown setting', 'prot: 1', /prot is not a setting/],
    ['a secret', 'database_url: postgres://u:hunter2@h/d', /DATABASE_URL_FILE instead/],
    ['a setting twice', 'port: 1\nport: 2', /is not YAML/],
    ['broken YAML', 'port: [1', /is not YAML/],
    ['a list', '- port', /must hold settings/],
    ['a wrong type', 'port: true', /: port: wants a whole number/],
  ])('a config file with %s', (_name, text, problem) => {
    const problems = problemsOf('local', { [CONFIG_FILE]: file(text) });
    expect(problems).toMatch(problem);
    expect(problems).not.toMatch(/hunter2/);
  });

  it('all problems at once', () => {
    const problems = problemsOf('serve', { COUNTERSIGN_X: '1' });
    for (const name of [
      'COUNTERSIGN_X',
      'DATABASE_URL',
      'COUNTERSIGN_ISSUER',
      'COUNTERSIGN_MASTER_KEY',
    ]) {
      expect(problems).toContain(name);
    }
  });
});

describe('serve', () => {
  it('starts with an https issuer, a database and a master key', () => {
    expect(configOf('serve', production).http.issuer).toBe('https://broker.example.com');
  });

  it.each([
    'http://broker.example.com',
    'http://localhost:7300',
    'https://broker.example.com/',
    'https://Broker.example.com',
    'https://broker.example.com:443',
    'https://broker.example.com/?a=b',
    'https://broker.example.com/#x',
    'https://broker.example.com?',
    'https://u:p@broker.example.com',
    'https://broker.example.com/a/../b',
    'ftp://broker.example.com',
    'broker.example.com',
  ])('refuses the issuer %s', (issuer) => {
    expect(problemsOf('serve', { ...production, COUNTERSIGN_ISSUER: issuer })).toMatch(
      /COUNTERSIGN_ISSUER/,
    );
  });

  it('takes an issuer with a path', () => {
    const issuer = 'https://example.com/broker';
    expect(configOf('serve', { ...production, COUNTERSIGN_ISSUER: issuer }).http.issuer).toBe(
      issuer,
    );
  });

  it.each(['', '0'.repeat(64), 'c2hvcnQ=', Buffer.alloc(32, 'ab').toString('base64')])(
    'refuses the missing or weak master key %j',
    (weak) => {
      const problems = problemsOf('serve', { ...production, COUNTERSIGN_MASTER_KEY: weak });
      expect(problems).toMatch(/COUNTERSIGN_MASTER_KEY/);
      if (weak !== '') expect(problems).not.toContain(weak);
    },
  );

  it.each([
    { mode: 0o440, owner: 0, uid: 1000, exposed: false },
    { mode: 0o640, owner: 0, uid: 1000, exposed: false },
    { mode: 0o400, owner: 0, uid: 1000, exposed: false },
    { mode: 0o444, owner: 0, uid: 1000, exposed: true },
    { mode: 0o644, owner: 0, uid: 1000, exposed: true },
    { mode: 0o460, owner: 0, uid: 1000, exposed: true },
    { mode: 0o441, owner: 0, uid: 1000, exposed: true },
    { mode: 0o440, owner: 0, uid: 0, exposed: true },
    { mode: 0o440, owner: 0, uid: undefined, exposed: true },
    { mode: 0o440, owner: 1000, uid: 1000, exposed: true },
    { mode: 0o440, owner: 1001, uid: 1000, exposed: true },
    { mode: 0o600, owner: 1000, uid: 1000, exposed: false },
  ])('who can read a key file: %o', ({ mode, owner, uid, exposed }) => {
    expect(isExposed({ mode, owner }, uid)).toBe(exposed);
  });

  it.skipIf(process.getuid?.() !== 0)('takes a key file as Kubernetes mounts it', () => {
    const path = file(key);
    chmodSync(path, 0o440);
    const { COUNTERSIGN_MASTER_KEY: _direct, ...rest } = production;
    const env = { ...rest, COUNTERSIGN_MASTER_KEY_FILE: path };
    const uid = vi.spyOn(process, 'getuid').mockReturnValue(1000);
    try {
      expect(configOf('serve', env).masterKey?.reveal()).toBe(key);
    } finally {
      uid.mockRestore();
    }
    expect(problemsOf('serve', env)).toMatch(/can be read by others/);
  });

  it.each([0o644, 0o640, 0o604, 0o660])('refuses a key file of mode %o', (mode) => {
    const env = {
      ...production,
      COUNTERSIGN_MASTER_KEY: undefined,
      COUNTERSIGN_MASTER_KEY_FILE: file(key, mode),
    };
    expect(problemsOf('serve', env)).toMatch(/can be read by others/);
  });

  it('does not look at the owner of the tables: that is read by migrate alone', () => {
    const owner = 'postgres://owner:x@h/d';
    const env = { ...production, COUNTERSIGN_MIGRATE_DATABASE_URL: owner };
    for (const mode of ['serve', 'local'] as const) {
      expect(configOf(mode, env).databaseUrl?.reveal()).toBe(production.DATABASE_URL);
      expect(configOf(mode, env).migrateDatabaseUrl).toBeUndefined();
    }
    expect(configOf('migrate', env).migrateDatabaseUrl?.reveal()).toBe(owner);
    expect(problemsOf('migrate', production)).toMatch(
      /COUNTERSIGN_MIGRATE_DATABASE_URL is not set/,
    );
  });
});

describe('dev', () => {
  it('makes a master key that only this user can read, says so, and finds it again', () => {
    const dataDir = join(directory(), 'data');
    const env = { COUNTERSIGN_DATA_DIR: dataDir };
    const first = load('dev', env);
    expect(first).toMatchObject({ notices: [expect.stringContaining('Made a master key')] });
    expect(statSync(join(dataDir, 'master.key')).mode & 0o777).toBe(0o600);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    const second = load('dev', env);
    expect(second).toMatchObject({ notices: [] });
    const made = readFileSync(join(dataDir, 'master.key'), 'utf8').trim();
    expect(configOf('dev', env).masterKey?.reveal()).toBe(made);
    expect(masterKeyProblem(made)).toBeUndefined();
  });

  it('keeps to the key it is given', () => {
    const dataDir = join(directory(), 'data');
    configOf('dev', { COUNTERSIGN_DATA_DIR: dataDir, COUNTERSIGN_MASTER_KEY: key });
    expect(existsSync(join(dataDir, 'master.key'))).toBe(false);
  });

  it('refuses a key it finds weak or readable by others, rather than replacing it', () => {
    for (const [text, mode, problem] of [
      ['0'.repeat(64), 0o600, /weak/],
      ['', 0o600, /32 bytes/],
      [key, 0o644, /chmod 600/],
    ] as const) {
      const dataDir = directory();
      writeFileSync(join(dataDir, 'master.key'), text, { mode });
      expect(problemsOf('dev', { COUNTERSIGN_DATA_DIR: dataDir })).toMatch(problem);
    }
  });

  it('says in one line when the data directory cannot be written', () => {
    expect(problemsOf('dev', { COUNTERSIGN_DATA_DIR: join(file('x'), 'data') })).toMatch(
      /cannot be written/,
    );
  });

  it('allows http on localhost only', () => {
    const env = { COUNTERSIGN_DATA_DIR: directory() };
    expect(
      configOf('dev', { ...env, COUNTERSIGN_ISSUER: 'http://localhost:7301' }).http.issuer,
    ).toBe('http://localhost:7301');
    expect(problemsOf('dev', { ...env, COUNTERSIGN_ISSUER: 'http://example.com' })).toMatch(
      /https/,
    );
    expect(
      problemsOf('dev', { ...env, COUNTERSIGN_ISSUER: 'http://localhost.example.com' }),
    ).toMatch(/https/);
  });
});

it('documents every variable', () => {
  const text = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  const names = settings().flatMap(({ name, env, ...traits }) => [
    `\`${env}\``,
    ...('secret' in traits ? [`\`${env}_FILE\``] : [`\`${name}\``]),
  ]);
  for (const name of [...names, ...[CONFIG_FILE, ...CLI_VARIABLES].map((name) => `\`${name}\``)]) {
    expect(text).toContain(name);
  }
  const known = new Set(
    settings()
      .flatMap(({ env }) => [env, `${env}_FILE`])
      .concat(CONFIG_FILE, CLI_VARIABLES),
  );
  for (const [name] of text.matchAll(/COUNTERSIGN_[A-Z_]+/g)) expect(known).toContain(name);
});
