import type { CliEnvironment } from '../main/cli-environment.ts';

const MAKE_ONE = 'countersign operator token --role admin --ttl 15m --out op.token';

/** How to come by an operator token from here. */
export function operatorTokenAdvice(environment: CliEnvironment): string {
  if (!environment.storeIsHere) {
    return `On the broker's host run "${MAKE_ONE}", copy the file here, and set COUNTERSIGN_OPERATOR_TOKEN_FILE to it.`;
  }
  if (environment.operatorTokenFile) {
    return `Make a new one: countersign operator token --role admin --ttl 15m --out ${environment.operatorTokenFile}`;
  }
  return `${MAKE_ONE} && export COUNTERSIGN_OPERATOR_TOKEN_FILE=op.token`;
}
