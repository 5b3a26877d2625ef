import type { ProviderCheck } from './ground.ts';
import { mustFitScope, onStage } from './stage.ts';
import { must, rejection, SuiteFailure } from './suite-failure.ts';

/** Milliseconds by which the downstream's end may lie after ours: it may keep whole seconds only. */
const END_TOLERANCE_MS = 1_000;

export const ISSUE_CHECKS: readonly ProviderCheck[] = [
  {
    name: 'what is issued works, and does what its scope says and no more',
    run: (ground) =>
      onStage(ground, async (stage) => {
        const issued = await stage.issue(stage.lease());
        must(issued.credential.type !== '', 'the credential does not name its type');
        const handed = JSON.stringify(issued.credential);
        must(
          handed.includes(issued.secret.reveal()),
          'the secret whose hash goes on record is not the one handed out',
        );
        await mustFitScope(ground, issued, 'issued');
      }),
  },
  {
    name: 'a scope that cannot be issued is refused by name, before anything is made',
    run: (ground) =>
      onStage(ground, async ({ provider }) => {
        const { resource, scope, unfit } = ground;
        const problems = provider.checkScope(resource, scope);
        must(problems.length === 0, `a good scope is refused: ${problems.join(' ')}`);
        must(unfit.length > 0, 'the ground names no scope that must be refused');
        for (const bad of unfit) {
          must(provider.checkScope(resource, bad).length > 0, `${bad.id} is not refused`);
        }
        must(provider.statementTimeoutMs(scope) >= 0, 'a statement may run for less than no time');
        const { shortest, longest } = provider.lifetimes;
        must(0 < shortest && shortest <= longest, 'the lifetimes are no range');
      }),
  },
  {
    name: 'issuing again for the same lease makes nothing twice',
    run: (ground) =>
      onStage(ground, async (stage) => {
        const lease = stage.lease();
        const first = await stage.issue(lease);
        const second = await stage.issue(lease, stage.another());
        must(await stage.lives(second), 'the repeat did not work');
        await mustFitScope(ground, second, 'issued again');
        const owned = (await stage.owned()) ?? [lease.outsideName];
        const same = owned.filter((name) => name === lease.outsideName);
        must(same.length === 1, `the lease has ${same.length} names outside`);
        await stage.revoke(lease);
        must(!(await stage.lives(second)), 'the repeat outlived its lease');
        must(!(await stage.lives(first)), 'the first credential outlived its lease');
      }),
  },
  {
    name: 'two that issue for the same lease at once leave nothing that a revocation misses',
    run: (ground) =>
      onStage(ground, async (stage) => {
        const lease = stage.lease();
        const both = [stage.provider, stage.another()];
        const results = await Promise.allSettled(both.map((one) => stage.issue(lease, one)));
        await stage.revoke(lease);
        // Only one handle is on record: what the other names is for the reconciler to find.
        if (stage.recorded(lease) !== lease) await stage.revokeByName(lease);
        for (const result of results) {
          if (result.status === 'rejected') continue;
          must(!(await stage.lives(result.value)), 'one of the two outlived the lease');
        }
        const owned = await stage.owned();
        must(!owned?.includes(lease.outsideName), 'something of the lease is left outside');
      }),
  },
  {
    name: 'the downstream holds the end of the lease by itself',
    run: (ground) =>
      onStage(ground, async (stage) => {
        const lease = stage.lease();
        const issued = await stage.issue(lease);
        const end = await ground.endOf(issued, stage.recorded(lease));
        must(end > Date.now(), 'the downstream has ended the credential already');
        must(
          end <= lease.expiresAt + END_TOLERANCE_MS,
          `the downstream ends it ${end - lease.expiresAt} ms after the lease`,
        );
      }),
  },
  {
    name: 'a lease that is over gets no credential that works',
    run: (ground) =>
      onStage(ground, async (stage) => {
        const issued = await stage.issue(stage.lease(-60)).catch(() => undefined);
        must(!issued || !(await stage.lives(issued)), 'it works after its end');
      }),
  },
  {
    name: 'a lease that ends before its handle is on record gets nothing',
    run: (ground) =>
      onStage(ground, async (stage) => {
        const lease = stage.lease();
        let asked = false;
        const keepHandle = () => {
          asked = true;
          return Promise.reject(new SuiteFailure('the lease has ended'));
        };
        const issuing = stage.provider.issue({ ...stage.request(lease), keepHandle });
        const issued = await issuing.catch(() => undefined);
        // A provider whose names say it all keeps no handle.
        must(!asked || issued === undefined, 'it issued although its handle is on no record');
        await stage.revoke(lease);
        must(!issued || !(await stage.lives(issued)), 'it outlived the lease');
        const owned = await stage.owned();
        must(!owned?.includes(lease.outsideName), 'something of it is left outside');
      }),
  },
  {
    name: 'a name that is not of this installation is refused',
    run: (ground) =>
      onStage(ground, async (stage) => {
        const lease = { ...stage.lease(), outsideName: 'postgres' };
        await rejection(stage.issue(lease), 'it issues under a name that is not ours');
        await rejection(stage.revoke(lease), 'it revokes what is not ours');
      }),
  },
];
