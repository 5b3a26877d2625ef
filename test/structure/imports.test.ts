import { describe, expect, test } from 'vitest';
import { readModules } from './import-graph.ts';
import { RULES, violationsOf } from './import-rules.ts';
import { sourcePaths, sources } from './source-files.ts';

const CYCLE = 'no module imports itself, however long the way round';

/** For every rule, sources that break it and nothing else. */
const PLANTED: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>> = {
  'every module lives in a folder of the plan': [{ 'misc/a.ts': 'export const a = 1;' }],
  'a folder imports only the folders it may know': [
    { 'domain/a.ts': "import '../policy/b.ts';" },
    { 'ports/a.ts': "import type { B } from '../store/b.ts';" },
    { 'policy/a.ts': "export * from '../broker/b.ts';" },
    { 'store/a.ts': "export { b } from '../providers/postgres/b.ts';" },
    { 'providers/postgres/a.ts': "type B = import('../../store/b.ts').B;" },
    { 'sdk/a.ts': "const b = await import('../broker/b.ts');" },
    { 'api/a.ts': "import { b } from '../store/b.ts';" },
    { 'cli/a.ts': "import { b } from '../broker/b.ts';" },
    { 'broker/a.ts': "import { b } from '../main/b.ts';" },
    { 'console/a.tsx': "import { b } from '../broker/b.ts';" },
  ],
  'a folder imports only the packages that are its tools': [
    { 'domain/a.ts': "import { parse } from 'yaml';" },
    { 'broker/a.ts': "import { x } from '@cedar-policy/cedar-wasm/nodejs';" },
    { 'policy/a.ts': "import { z } from 'unheard-of';" },
  ],
  'one provider does not know another': [
    { 'providers/vault/a.ts': "import { b } from '../postgres/b.ts';" },
  ],
  'domain uses nothing of Node but the inspection hook of Secret': [
    { 'domain/a.ts': "import { randomBytes } from 'node:crypto';" },
    { 'domain/secret.ts': "import { readFileSync } from 'node:fs';" },
    { 'domain/a.ts': "import { inspect } from 'node:util';" },
  ],
  'express is imported only in api': [{ 'main/a.ts': "import express from 'express';" }],
  'pg is imported only in store and providers/postgres and gateway/postgres and main/demo': [
    { 'providers/aws/a.ts': "import pg from 'pg';" },
    { 'main/a.ts': "import type pg from 'pg';" },
  ],
  'pg-copy-streams is imported only in providers/postgres': [
    { 'store/a.ts': "import { to } from 'pg-copy-streams';" },
  ],
  '@simplewebauthn/server is imported only in identity': [
    { 'api/a.ts': "import { verifyAuthenticationResponse } from '@simplewebauthn/server';" },
    { 'broker/a.ts': "import { decodeAttestationObject } from '@simplewebauthn/server/helpers';" },
  ],
  'openid-client is imported only in identity': [
    { 'main/a.ts': "import * as client from 'openid-client';" },
  ],
  'jose is imported only in keys': [{ 'main/a.ts': "import * as jose from 'jose';" }],
  'node-vault is imported only in secrets/vault and providers/vault': [
    { 'secrets/a.ts': "import vault from 'node-vault';" },
    { 'main/a.ts': "export const load = () => import('node-vault');" },
  ],
  'the console uses nothing of Node and of the sdk only what runs in browsers': [
    { 'console/a.tsx': "import { createHash } from 'node:crypto';" },
    { 'console/a.tsx': "import { createClient } from '../sdk/client.ts';" },
  ],
  'what is imported lies inside src': [{ 'main/a.ts': "import '../../test/b.ts';" }],
  'what is imported is written out': [
    { 'main/a.ts': 'export const load = (n: string) => import(n);' },
  ],
  'the environment is read only in platform/config': [
    { 'main/a.ts': 'export const a = process.env.A;' },
    { 'main/a.ts': "export const a = process['env'];" },
    { 'main/a.ts': 'export const a = globalThis.process.env;' },
    { 'main/a.ts': 'const { env } = process;' },
    { 'main/a.ts': "import { env } from 'node:process';" },
    { 'main/a.ts': "import process from 'node:process';" },
    { 'cli/a.ts': 'export const a = process.env.A;' },
  ],
  [CYCLE]: [
    {
      'domain/a.ts': "import './b.ts';",
      'domain/b.ts': "import './c.ts';",
      'domain/c.ts': "import './a.ts';",
    },
    {
      'domain/a.ts': "import type { B } from './b.ts';",
      'domain/b.ts': "import type { A } from './a.ts';",
    },
    { 'domain/a.ts': "import './a.ts';" },
  ],
};

test('every module under src keeps to the import rules', () => {
  const modules = readModules(sources());
  expect(modules.length).toBeGreaterThan(0);
  expect(modules.length).toBe(sourcePaths().filter((path) => /\.tsx?$/.test(path)).length);
  // A parser that saw no imports would find no violation either.
  expect(modules.flatMap((module) => module.imports).length).toBeGreaterThan(modules.length);
  expect(violationsOf(modules)).toEqual([]);
});

describe('a planted violation is found', () => {
  test.each(
    Object.entries(PLANTED).flatMap(([rule, all]) => all.map((files) => ({ rule, files }))),
  )('$rule: $files', ({ rule, files }) => {
    const found = violationsOf(readModules(new Map(Object.entries(files))));
    expect(new Set(found.map((violation) => violation.rule))).toContain(rule);
  });

  test('for every rule there is', () => {
    expect(Object.keys(PLANTED).toSorted()).toEqual(
      [...RULES.map((rule) => rule.name), CYCLE].toSorted(),
    );
  });
});

test('what the plan allows is not called a violation', () => {
  const files = {
    'domain/secret.ts': "import { inspect } from 'node:util'; export const a = inspect;",
    'ports/clock.ts': "import type { A } from '../domain/secret.ts'; export type B = A;",
    'store/leases.ts':
      "import pg from 'pg'; import '../audit/chain.ts'; import '../ports/clock.ts';",
    'audit/chain.ts': "import { createHash } from 'node:crypto';",
    'platform/config/load.ts': 'export const a = process.env;',
    'api/app.ts':
      "import express from 'express'; import '../broker/x.ts'; import type { R } from 'express';",
    'main/compose.ts': "import '../store/leases.ts'; import pino from 'pino';",
    'cli/dev.ts': "import '../main/compose.ts'; import { argv } from 'node:process';",
    'gateway/http.ts': 'export const forward = (request: { env: string }) => request.env;',
  };
  expect(violationsOf(readModules(new Map(Object.entries(files))))).toEqual([]);
});
