import type {
  AnyProvider,
  CanIdentify,
  CanListOwned,
  CanOperate,
  CanProbe,
  CanRenew,
  CanRotateRoot,
  CanSandbox,
  CanWatch,
  IssuedCredential,
  IssueRequest,
  RevokeRequest,
  RevokeResult,
} from '../ports/provider.ts';
import { callingBack } from './calling-back.ts';
import { operating } from './guard-operations.ts';
import * as answers from './provider-answers.ts';
import { type Defect, Guard } from './provider-guard.ts';
import { refuseProtectedWrite } from './refuse-protected-write.ts';

const CLOSE_MS = 5_000;
const NEXT_ROOT_MS = 5_000;

/**
 * Puts a guard around every call of every provider. Whatever one does, throwing at once, throwing
 * things that are no errors, never answering, ignoring its signal, answering nonsense, the caller
 * gets a value of the promised shape or a `provider_…` error, soon after its signal was aborted. No call
 * that gives or prolongs rights to change a protected environment reaches it.
 *
 * @param onDefect told of everything a provider that keeps to its port would not do
 */
export function guardProviders(
  providers: ReadonlyMap<string, AnyProvider>,
  onDefect: (defect: Defect) => void,
): ReadonlyMap<string, AnyProvider> {
  return new Map(
    [...providers].map(([kind, one]) => [kind, guarded(one, new Guard(kind, onDefect))]),
  );
}

function guarded(inner: AnyProvider, guard: Guard): AnyProvider {
  const { now } = guard;
  return {
    kind: guard.kind,
    lifetimes: inner.lifetimes,
    revocation: inner.revocation,
    checkScope: (...of) => now('checkScope', () => inner.checkScope(...of), answers.texts),
    statementTimeoutMs: (scope) =>
      now('statementTimeoutMs', () => inner.statementTimeoutMs(scope), answers.milliseconds),
    serverOf: (root) => now('serverOf', () => inner.serverOf(root), answers.text),
    plan: (request) => now('plan', () => inner.plan(request), answers.texts),
    issue: (request) => guardedIssue(inner, guard, request),
    revoke: (request) => guardedRevoke(inner, guard, request),
    close: () => guard.within('close', CLOSE_MS, () => inner.close()),
    ...abilities(inner, guard),
  };
}

function guardedIssue(
  inner: AnyProvider,
  guard: Guard,
  request: IssueRequest,
): Promise<IssuedCredential> {
  const { keepHandle } = request;
  return callingBack(
    guard,
    'issue',
    request.signal,
    (ours) => {
      refuseProtectedWrite(request);
      return inner.issue(keepHandle ? { ...request, keepHandle: ours(keepHandle) } : request);
    },
    answers.issuedCredential,
  );
}

async function guardedRevoke(
  inner: AnyProvider,
  { soon }: Guard,
  request: RevokeRequest,
): Promise<RevokeResult> {
  let over = false;
  const onFirstZero = (ms: number) => {
    // Told after the attempt was given up, it is no proof of anything.
    if (!over) request.onFirstZero?.(ms);
  };
  const run = () => inner.revoke({ ...request, onFirstZero });
  try {
    return await soon('revoke', request.signal, run, answers.revokeResult);
  } finally {
    over = true;
  }
}

type Abilities = Partial<
  CanRenew &
    CanListOwned &
    CanProbe &
    CanWatch &
    CanRotateRoot &
    CanSandbox &
    CanIdentify &
    CanOperate
>;

function abilities(inner: AnyProvider, { now, soon }: Guard): Abilities {
  const { renew, listOwned, probe, watch } = inner;
  return {
    ...(renew && {
      renew: async (request) => {
        const run = () => {
          refuseProtectedWrite(request);
          return renew.call(inner, request);
        };
        await soon('renew', request.signal, run, answers.nothing);
      },
    }),
    ...(listOwned && {
      listOwned: (request, page) => {
        const run = () => listOwned.call(inner, request, page);
        return soon('listOwned', request.signal, run, answers.ownedPage(page.limit));
      },
    }),
    ...(probe && {
      probe: (request) =>
        soon('probe', request.signal, () => probe.call(inner, request), answers.probeReport),
    }),
    ...(watch && {
      watch: (request, live) =>
        soon('watch', request.signal, () => watch.call(inner, request, live), answers.watchActions),
    }),
    ...rotating(inner, { now, soon }),
    ...sandboxing(inner, { soon }),
    ...operating(inner, { soon }),
  };
}

function rotating(
  inner: AnyProvider,
  { now, soon }: Pick<Guard, 'now' | 'soon'>,
): Partial<CanRotateRoot> {
  const { nextRoot, rotateRoot, acceptsRoot, loginOf } = inner;
  if (!nextRoot || !rotateRoot || !acceptsRoot || !loginOf) return {};
  return {
    nextRoot: (root) => {
      const run = () => nextRoot.call(inner, root);
      return soon('nextRoot', AbortSignal.timeout(NEXT_ROOT_MS), run, answers.secret);
    },
    rotateRoot: async (request) => {
      const run = () => rotateRoot.call(inner, request);
      await soon('rotateRoot', request.signal, run, answers.nothing);
    },
    acceptsRoot: (request) =>
      soon('acceptsRoot', request.signal, () => acceptsRoot.call(inner, request), answers.flag),
    loginOf: (root) => now('loginOf', () => loginOf.call(inner, root), answers.text),
  };
}

function sandboxing(
  inner: AnyProvider,
  { soon }: Pick<Guard, 'soon'>,
): Partial<CanSandbox & CanIdentify> {
  const { buildTemplate, dropTemplate, changes, identify } = inner;
  return {
    ...(buildTemplate && {
      buildTemplate: (request) => {
        const run = () => buildTemplate.call(inner, request);
        return soon('buildTemplate', request.signal, run, answers.templateReport);
      },
    }),
    ...(dropTemplate && {
      dropTemplate: async (request) => {
        const run = () => dropTemplate.call(inner, request);
        await soon('dropTemplate', request.signal, run, answers.nothing);
      },
    }),
    ...(changes && {
      changes: (request) =>
        soon('changes', request.signal, () => changes.call(inner, request), answers.changes),
    }),
    ...(identify && {
      identify: (request) =>
        soon('identify', request.signal, () => identify.call(inner, request), answers.identity),
    }),
  };
}
