import type { ProviderCheck } from './ground.ts';
import { mustFitScope, onStage } from './stage.ts';
import { must } from './suite-failure.ts';

export const END_CHECKS: readonly ProviderCheck[] = [
  {
    name: 'a revoked credential is dead at once, and told dead with proof',
    run: (ground) =>
      onStage(ground, async (stage) => {
        if (!stage.offers('immediate')) return 'not offered';
        const lease = stage.lease();
        const issued = await stage.issue(lease);
        must(await stage.lives(issued), 'it never lived');
        const zeros: number[] = [];
        const onFirstZero = (ms: number) => zeros.push(ms);
        const end = await stage.provider.revoke({ ...stage.request(lease), onFirstZero });
        must(!(await stage.lives(issued)), 'it lives on');
        must(end.msToFirstZero >= 0, 'the time to the first zero is negative');
        must(
          zeros.every((ms) => ms >= 0),
          'the first zero was told with a negative time',
        );
        return undefined;
      }),
  },
  {
    name: 'revoking twice, at once, or what never was, succeeds',
    run: (ground) =>
      onStage(ground, async (stage) => {
        const lease = stage.lease();
        const issued = await stage.issue(lease);
        await Promise.all([stage.revoke(lease), stage.revoke(lease, stage.another())]);
        const again = await stage.revoke(lease);
        must(again.sessionsSeen === 0, 'sessions were seen of what is gone');
        await stage.revoke(lease, stage.another());
        must(!(await stage.lives(issued)), 'it came back');
        await stage.revoke(stage.lease());
      }),
  },
  {
    name: 'revoking one lease leaves another alone',
    run: (ground) =>
      onStage(ground, async (stage) => {
        const [one, other] = [stage.lease(), stage.lease()];
        await stage.issue(one);
        const issued = await stage.issue(other);
        await stage.revoke(one);
        await mustFitScope(ground, issued, 'after another lease was revoked');
      }),
  },
  {
    name: 'what a crash left after issuing is found and removed by another process',
    run: (ground) =>
      onStage(ground, async (stage) => {
        if (!stage.offers('listOwned')) return 'not offered';
        const lease = stage.lease();
        const crashed = stage.another();
        const lost = await stage.issue(lease, crashed);
        const before = (await stage.owned()) ?? [];
        must(before.includes(lease.outsideName), 'it is not among what is ours');
        await stage.revoke(lease);
        const after = (await stage.owned()) ?? [];
        must(!after.includes(lease.outsideName), 'it is still among what is ours');
        must(!(await stage.lives(lost)), 'it lives on');
        return undefined;
      }),
  },
  {
    name: 'what is on no record any more is found and removed by its name alone',
    run: (ground) =>
      onStage(ground, async (stage) => {
        if (!stage.offers('listOwned')) return 'not offered';
        const lease = stage.lease();
        const lost = await stage.issue(lease);
        must((await stage.owned())?.includes(lease.outsideName) === true, 'it is not found');
        await stage.revokeByName(lease);
        must(!(await stage.lives(lost)), 'it lives on');
        must(!(await stage.owned())?.includes(lease.outsideName), 'something of it is left');
        return undefined;
      }),
  },
  {
    name: 'renewing moves the end, and neither narrows nor widens',
    run: (ground) =>
      onStage(ground, async (stage) => {
        const { provider } = stage;
        if (!stage.offers('renew') || !provider.renew) return 'not offered';
        const lease = stage.lease(300);
        const issued = await stage.issue(lease);
        const before = await ground.endOf(issued, stage.recorded(lease));
        const later = { ...lease, expiresAt: lease.expiresAt + 300_000 };
        await provider.renew(stage.request(later));
        const after = await ground.endOf(issued, stage.recorded(lease));
        must(after > before, 'the end did not move');
        must(after <= later.expiresAt + 1_000, 'the end moved beyond that of the lease');
        await mustFitScope(ground, issued, 'renewed');
        await stage.revoke(lease);
        await provider.renew(stage.request(later)).catch(() => undefined);
        must(!(await stage.lives(issued)), 'renewing brought a revoked credential back');
        return undefined;
      }),
  },
];
