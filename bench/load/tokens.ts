import { Connection } from './connection.ts';
import { type RequestPlan, requestsOf } from './requests.ts';

/** Mints `count` access tokens over one connection, one after the other. */
export async function accessTokens(plan: RequestPlan, count: number): Promise<string[]> {
  const connection = await Connection.open(plan.host, plan.port);
  const request = requestsOf(plan);
  const tokens: string[] = [];
  while (tokens.length < count) {
    const answer = await connection.send(request());
    const body = JSON.parse(answer.body) as { access_token?: string };
    if (body.access_token === undefined) throw new Error(`no token: ${answer.body}`);
    tokens.push(body.access_token);
  }
  connection.close();
  return tokens;
}
