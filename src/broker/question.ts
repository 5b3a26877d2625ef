import type { Requirement } from '../domain/approval.ts';
import type { Question, Signer } from '../domain/quorum.ts';

/**
 * What is asked, as far as it decides who may answer.
 * @param owner e-mail of the agent's owner @param author id of the operator whose change it is
 */
export function questionOf(
  requirements: readonly Requirement[],
  owner: string | undefined,
  author: string | undefined,
  signers: readonly Signer[],
): Question {
  const known = signers.find(({ operatorId }) => operatorId === author);
  // An author who left, or is no person, is excluded by id all the same.
  const unknown =
    author === undefined ? undefined : { operatorId: author, person: author, email: '' };
  const excluded = known ?? unknown;
  return {
    requirements,
    ...(owner === undefined ? {} : { owner }),
    ...(excluded ? { author: excluded } : {}),
  };
}
