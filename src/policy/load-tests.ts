import type { z } from 'zod';
import type { Scope } from '../domain/scope.ts';
import type { DeclaredAgent } from './bundle.ts';
import { testsFile } from './bundle-schema.ts';
import type { Problems } from './problems.ts';
import type { TestCase } from './test-case.ts';
import { readYaml } from './yaml-file.ts';

type Written = z.output<typeof testsFile>[number];

/** The cases of `tests/*.yaml`. A case about a scope or an agent nobody defined tests nothing. */
export function loadTests(
  files: readonly (readonly [string, string])[],
  agents: ReadonlyMap<string, DeclaredAgent>,
  scopes: ReadonlyMap<string, Scope>,
  problems: Problems,
): TestCase[] {
  const cases: TestCase[] = [];
  for (const [file, text] of files) {
    const yaml = readYaml(file, text, testsFile, problems);
    for (const [at, written] of yaml?.value.entries() ?? []) {
      const line = yaml?.lineOf([at]) ?? 1;
      if (!scopes.has(written.scope)) {
        const where = yaml?.lineOf([at, 'scope']) ?? line;
        problems.add(file, where, `Unknown scope ${written.scope}.`);
      }
      if (!written.teams && !agents.has(written.agent)) {
        const where = yaml?.lineOf([at, 'agent']) ?? line;
        const message = `Unknown agent ${written.agent}: declare it in agents.yaml, or give "teams".`;
        problems.add(file, where, message);
      }
      cases.push({ ...fromWritten(written), file, line });
    }
  }
  return cases;
}

function fromWritten(written: Written): Omit<TestCase, 'file' | 'line'> {
  const { ttl, ...expected } = written.expect;
  const expect = ttl === undefined ? expected : { ...expected, ttlSeconds: ttl };
  return dropUndefined({
    ...written,
    context: dropUndefined(written.context),
    expect: dropUndefined(expect),
  });
}

/** Optional keys are absent rather than undefined (exactOptionalPropertyTypes). */
function dropUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
