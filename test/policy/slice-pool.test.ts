import { beforeAll, describe, expect, test } from 'vitest';
import type { DecisionRequest } from '../../src/policy/policy.ts';
import { PLAIN } from './bundle-fixture.ts';

interface LinearMemory {
  readonly buffer: ArrayBuffer;
}
type Instance = new (...args: unknown[]) => { exports: { memory?: LinearMemory } };

let memory: LinearMemory | undefined;

/** Linear memory of the Cedar instance, caught as it is made; the package does not export it. */
function catchMemory(): void {
  const wasm = (globalThis as unknown as { WebAssembly: { Instance: Instance } }).WebAssembly;
  const Original = wasm.Instance;
  wasm.Instance = class extends Original {
    constructor(...args: unknown[]) {
      super(...args);
      memory = this.exports.memory;
    }
  };
}

const bytes = () => memory?.buffer.byteLength ?? 0;

/** 24 teams × 4 resources; each edition differs in every rule, as after an edit. */
function edition(at: number): Record<string, string> {
  const rules: string[] = [];
  for (let team = 0; team < 24; team += 1) {
    rules.push(`@id("t${team}") @ttl("${(at % 50) + 1}m")
      permit (principal in Team::"t${team}", action == Action::"read", resource in Resource::"r${team % 4}")
      when { context.task.id != "edition-${at}" };`);
  }
  const files: Record<string, string> = {
    'environments.yaml': 'environments: { staging: { protected: false } }',
    'rules/r.cedar': rules.join('\n'),
  };
  for (let name = 0; name < 4; name += 1) {
    files[`resources/r${name}.yaml`] =
      `{ resource: r${name}, kind: postgres, environment: staging, owner: a@b.c,
      connection: { url: { secret: x } }, scopes: { read: { effect: read, postgres: {} } } }`;
  }
  return files;
}

const REQUESTS: DecisionRequest[] = Array.from({ length: 24 }, (_, at) => ({
  agent: { id: `agt_${at}`, teams: [`t${at}`] },
  scope: `r${at % 4}:read`,
  context: PLAIN,
}));

describe('the pool of prepared slices', () => {
  beforeAll(catchMemory);

  test('200 activations leak nothing', async () => {
    const { loadBundle } = await import('../../src/policy/load.ts');
    const { compilePolicy } = await import('../../src/policy/policy.ts');
    const { SlicePool } = await import('../../src/policy/slice-pool.ts');
    const pool = new SlicePool('leak-', { slices: 50, rules: 1_000 });
    let settled = 0;
    for (let at = 0; at < 200; at += 1) {
      const policy = compilePolicy(loadBundle(edition(at)), { version: at, pool });
      for (const request of REQUESTS) {
        expect(policy.decide(request)).toMatchObject({ outcome: 'allow', bundleVersion: at });
      }
      expect(pool.size).toBeLessThanOrEqual(50);
      if (at === 20) settled = bytes();
    }
    expect(settled).toBeGreaterThan(1_000_000);
    // 180 more activations prepared 4,320 slices; what they weigh is far above a megabyte.
    expect(bytes() - settled).toBeLessThanOrEqual(1_048_576);
  }, 120_000);

  test('least recently used slices leave first, and a heavy one makes room for itself', async () => {
    const { SlicePool } = await import('../../src/policy/slice-pool.ts');
    const pool = new SlicePool('order-', { slices: 3, rules: 10 });
    let cut = 0;
    const get = (key: string, count = 1) =>
      pool.get(key, () => {
        cut += 1;
        const text = 'permit (principal, action, resource);\n'.repeat(count);
        return {
          rules: Array.from({ length: count }, () => ({})) as never[],
          text,
          agentParents: [],
          entities: [],
          facts: [],
        };
      });
    const first = get('a');
    get('b');
    get('c');
    expect(get('a')).toBe(first);
    const name = get('b').name;
    get('d');
    expect([cut, pool.size]).toEqual([4, 3]);
    expect(get('a')).toBe(first);
    expect(get('b').name).toBe(name);
    get('c');
    expect(cut).toBe(5);
    get('heavy', 9);
    expect(pool.size).toBe(2);
    get('heavier', 50);
    expect(pool.size).toBe(1);
    get('a');
    expect(pool.size).toBe(1);
  });

  test('a slice that Cedar refuses is an error, and costs no name', async () => {
    const { SlicePool } = await import('../../src/policy/slice-pool.ts');
    const pool = new SlicePool('refused-', { slices: 2, rules: 10 });
    const slice = (text: string) => () => ({
      rules: [],
      text,
      agentParents: [],
      entities: [],
      facts: [],
    });
    expect(() => pool.get('bad', slice('permit ('))).toThrow('unexpected end of input');
    expect(pool.get('good', slice('')).name).toBe('refused-0');
  });
});
