import { describe, expect, it } from 'vitest';
import { EFFECTS } from '../../src/domain/effect.ts';
import { loadBundle } from '../../src/policy/load.ts';
import { compilePolicy } from '../../src/policy/policy.ts';
import { validateBundle } from '../../src/policy/validate.ts';
import { sandboxBundle } from '../support/sandbox-bundle.ts';

const FILE = 'resources/sandboxes.yaml';

function problemsOf(files: Record<string, string>): string[] {
  try {
    validateBundle(loadBundle(files), () => []);
    return [];
  } catch (error) {
    return (error as { meta: { problems: { message: string }[] } }).meta.problems.map(
      ({ message }) => message,
    );
  }
}
const changed = (from: string | RegExp, to: string) => {
  const files: Record<string, string> = sandboxBundle();
  const text = files[FILE]?.replace(from, to) ?? '';
  expect(text).not.toBe(files[FILE]);
  return problemsOf({ ...files, [FILE]: text });
};

describe('sandbox resources in a bundle', () => {
  it('are accepted as the contract writes them', () => {
    expect(problemsOf(sandboxBundle())).toEqual([]);
    const bundle = loadBundle(sandboxBundle({ masking: '{ id: keep, email: null }' }));
    expect(bundle.resources.get('sandboxes')?.templates?.['shop']?.masking).toEqual({
      'public.customers': { id: 'keep', email: 'null' },
    });
  });

  it.each([
    [
      'in a protected environment',
      'environment: lab',
      'environment: production',
      /must not be protected/,
    ],
    [
      'with other scopes',
      'scopes:\n',
      'scopes:\n  read: { effect: read }\n',
      /resource of their own/,
    ],
    [
      'on the connection of another',
      'sandboxes/admin-url',
      'shop/admin-url',
      /connection of its own/,
    ],
    [
      'with an unknown template',
      'template: shop',
      'template: other',
      /template other, which is not/,
    ],
    ['with an unknown source', 'source: shop', 'source: nowhere', /not a resource of this bundle/],
    ['made of themselves', 'source: shop', 'source: sandboxes', /hands out sandboxes itself/],
    [
      'that keep a personal column',
      '[public.customers]',
      '[public.customers.country]',
      /cannot be kept/,
    ],
    ['that do not say what is personal', 'personal: [public.customers], ', '', /personal/],
    ['with an unknown mask', 'email: fake', 'email: blur', /keep, null, hash, fake/],
    [
      'whose constraints are of another effect',
      'sandbox: {',
      'postgres: {',
      /Unknown key "postgres"/,
    ],
  ])('are refused %s', (_name, from, to, message) => {
    expect(changed(from, to).join(' ')).toMatch(message);
  });

  it('decide every operation as sandbox', () => {
    const policy = compilePolicy(loadBundle(sandboxBundle()));
    const agent = { id: 'agt_00000000000000000000000000', teams: ['support'] };
    const context = { now: 0 } as never;
    for (const action of EFFECTS) {
      const ask = { agent, scope: 'sandboxes:try', context, action };
      expect(policy.decide(ask)).toMatchObject({ outcome: 'allow', rules: ['support-tries'] });
      const elsewhere = policy.decide({ ...ask, scope: 'shop:read' });
      expect(elsewhere.outcome).toBe(action === 'read' ? 'allow' : 'deny');
    }
  });
});
