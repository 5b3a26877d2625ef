import type pg from 'pg';
import type { AgentSession } from '../../../sdk/agent-session.ts';
import type { Client } from '../../../sdk/client.ts';
import type { Login } from '../login.ts';
import type { OwnBroker } from '../own-broker.ts';
import type { Production } from '../production.ts';
import type { Sandboxes } from '../sandboxes.ts';
import type { Stage } from '../stage.ts';

/** What every step may use. */
export interface Story {
  readonly stage: Stage;
  readonly production: Production;
  readonly broker: OwnBroker;
  readonly sandboxes: Sandboxes;
}

/** The agent: its id, and its private key inside the session. */
export interface DemoAgent {
  readonly id: string;
  readonly session: AgentSession;
}

export interface TaskToken {
  /** The JSON API with that token. */
  readonly client: Client;
}

/** The agent, logged in to a database. */
export interface LoggedIn {
  readonly leaseId: string;
  readonly login: Login;
  readonly db: pg.Client;
}
