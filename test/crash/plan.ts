import type { Broker } from '../../src/broker/context.ts';
import type { PlainConfig } from '../support/plain-config.ts';

/** What a verb of the worker needs; each verb reads its own part. */
export interface VerbInput {
  readonly token: string;
  readonly task: string;
  readonly scope: string;
  readonly lease: string;
  readonly agent: string;
  readonly key: string;
}

export type VerbName =
  | 'issue'
  | 'issue once more'
  | 'renew'
  | 'revoke the lease'
  | 'close the task'
  | 'revoke the agent'
  | 'sweep what is left'
  | 'rotate the root'
  | 'finish the rotation';

interface Common {
  readonly config: PlainConfig;
  readonly limits: Partial<Broker['limits']>;
  /** The point to die at. */
  readonly killAt?: string;
  /** Statements that change something at the resource are points, too. */
  readonly statements?: boolean;
}

/** What one child process is to do; `sweep` is a whole broker with its jobs. */
export type Plan = Common &
  ({ readonly verb: 'sweep' } | { readonly verb: VerbName; readonly input: VerbInput });
