import type { ProviderCheck } from './ground.ts';
import { onStage } from './stage.ts';
import { must } from './suite-failure.ts';

export const ROOT_CHECKS: readonly ProviderCheck[] = [
  {
    name: 'a probe says what it found, also where nobody answers or the root is refused',
    run: (ground) =>
      onStage(ground, async (stage) => {
        const { provider } = stage;
        if (!stage.offers('probe') || !provider.probe) return 'not offered';
        const request = stage.request(stage.lease());
        must((await provider.probe(request)).reachable, 'a good resource is called unreachable');
        for (const root of [ground.awayRoot, ground.wrongRoot]) {
          const resource = { ...ground.resource, name: `${ground.resource.name}-elsewhere` };
          const connection = { ...resource.connection, url: { secret: 'elsewhere/root' } };
          const report = await stage
            .another()
            .probe?.({ ...request, resource: { ...resource, connection }, root });
          must(report?.reachable === false && !report.hardened, 'a bad resource is called good');
          must((report?.findings.length ?? 0) > 0, 'a bad resource comes without a finding');
        }
        return undefined;
      }),
  },
  {
    name: 'a root credential is told from a wrong one, and its next value is another one',
    run: (ground) =>
      onStage(ground, async ({ provider, offers }) => {
        if (!offers('rotateRoot')) return 'not offered';
        const { acceptsRoot, nextRoot, loginOf } = provider;
        if (!acceptsRoot || !nextRoot || !loginOf) return 'not offered';
        const { signal } = new AbortController();
        const { root, wrongRoot } = ground;
        must(await acceptsRoot({ root, signal }), 'the root that works is refused');
        must(!(await acceptsRoot({ root: wrongRoot, signal })), 'a wrong root is accepted');
        const value = await nextRoot(root);
        const next = { value, generation: root.generation + 1 };
        must(value.reveal() !== root.value.reveal(), 'the next value is the same');
        must(loginOf(next) === loginOf(root), 'the next value is of another login');
        must(
          !(await acceptsRoot({ root: next, signal })),
          'the next value works before anybody was told',
        );
        return undefined;
      }),
  },
];
