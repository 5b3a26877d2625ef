import pg from 'pg';
import { z } from 'zod';
import type { Stage } from './stage.ts';

/** The credential as the agent gets it, once. */
export const Login = z.object({
  host: z.string(),
  port: z.number(),
  database: z.string(),
  username: z.string(),
  password: z.string(),
  url: z.string(),
});
export type Login = z.infer<typeof Login>;

/** Logs in with the `pg` driver, as an agent's program would. */
export async function logIn(stage: Stage, login: Login): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: login.url });
  // The broker is going to end this session.
  client.on('error', () => undefined);
  return stage.holding(
    client.connect().then(() => client),
    () => client.end(),
  );
}
