import { ended } from '../domain/errors.ts';
import type { AnyProvider, CanOperate } from '../ports/provider.ts';
import { callingBack } from './calling-back.ts';
import * as answers from './provider-answers.ts';
import type { Guard } from './provider-guard.ts';

/** Operations run inside the broker: nothing of their credential leaves the provider. */
export function operating(inner: AnyProvider, guard: Pick<Guard, 'soon'>): Partial<CanOperate> {
  const { measure, execute, outcomeOf } = inner;
  if (!measure || !execute || !outcomeOf) return {};
  return {
    measure: (request) =>
      callingBack(
        guard,
        'measure',
        request.signal,
        (ours) => measure.call(inner, { ...request, made: ours(request.made) }),
        answers.blastRadius,
      ),
    execute: (request) => {
      let over = false;
      const committing: typeof request.committing = async (about) => {
        // The call was given up: what it still wants to commit, nobody has on record.
        if (over) throw ended('lease');
        await request.committing(about);
      };
      return callingBack(
        guard,
        'execute',
        request.signal,
        (ours) =>
          execute.call(inner, {
            ...request,
            made: ours(request.made),
            committing: ours(committing),
          }),
        answers.execution,
      ).finally(() => {
        over = true;
      });
    },
    outcomeOf: (request) =>
      guard.soon(
        'outcomeOf',
        request.signal,
        () => outcomeOf.call(inner, request),
        answers.outcome,
      ),
  };
}
