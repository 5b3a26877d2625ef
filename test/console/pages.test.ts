import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { borrow, READ } from '../broker/ground.ts';
import { openScene, type Scene } from './scene.ts';

let scene: Scene;
let lease: string;
beforeAll(async () => {
  scene = await openScene();
  ({ lease } = await borrow(await scene.broker.agent(), READ));
});
afterAll(() => scene.close());

const PAGES = [
  'resources',
  'resources/shop-staging',
  'policy',
  'policy?view=review',
  'policy?view=questions&scope=shop:correct',
  'policy?view=versions',
  'leases',
  'leases?view=tokens',
  'leases/LEASE',
  'audit',
  'audit?entry=3',
  'operators',
  'operators?view=groups',
  'settings',
];

test.each([
  { width: 360, scheme: 'light' },
  { width: 1440, scheme: 'dark' },
] as const)(
  'at $width px, $scheme: axe finds nothing, nothing is wider than the screen, the policy of contents holds',
  async (looks) => {
    const { page, go, close, complaints } = await scene.open(looks);
    const found: unknown[] = [];
    for (const path of PAGES) {
      await go(path.replace('LEASE', lease));
      const { violations } = await new AxeBuilder({ page }).analyze();
      const wrong = violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]);
      const tooWide = await page.evaluate(
        'document.documentElement.scrollWidth > document.documentElement.clientWidth',
      );
      if (wrong.length > 0 || tooWide) found.push({ path, wrong, tooWide });
    }
    expect(found).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  },
  120_000,
);
