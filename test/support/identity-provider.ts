import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import Untyped from 'oidc-provider';
import { createBrowser } from './browser.ts';
import { listen } from './line.ts';

/** As much of the provider's types as is used here: it has none. */
interface Provider {
  callback(): (request: IncomingMessage, response: ServerResponse) => void;
  interactionFinished(
    request: IncomingMessage,
    response: ServerResponse,
    result: object,
  ): Promise<void>;
}
interface Grant {
  addOIDCScope(scope: string): void;
  addOIDCClaims(claims: readonly string[]): void;
  save(): Promise<unknown>;
}
interface Context {
  readonly oidc: {
    readonly client?: { readonly clientId: string };
    readonly session?: { readonly accountId?: string };
    readonly provider: { readonly Grant: new (of: object) => Grant };
  };
}
const Provider = Untyped as unknown as new (issuer: string, configuration: object) => Provider;

/** What the provider says of somebody. */
export interface Account {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly name?: string;
  readonly groups?: unknown;
}

/** A real OpenID provider on loopback. It asks nobody for a password: `account` is who is at the browser. */
export interface IdentityProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  account: Account;
  /** Goes through the provider's pages. @returns where it sends the browser back to */
  visit(authorizationUrl: string): Promise<string>;
  close(): Promise<void>;
}

const CLAIMS = ['email', 'email_verified', 'name', 'groups'];

export async function startIdentityProvider(redirectUri: string): Promise<IdentityProvider> {
  const [clientId, clientSecret] = ['countersign', 'a-secret-of-the-client-for-tests'];
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/interaction/')) {
      void signIn(provider, self.account, request, response);
    } else provider.callback()(request, response);
  });
  const issuer = `http://localhost:${await listen(server, 0)}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['for tests'] },
    interactions: { url: (_context: Context, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: Context, sub: string) => ({
      accountId: sub,
      claims: () => ({ ...said(self.account), sub }),
    }),
    // Everybody has agreed to everything.
    loadExistingGrant: async (context: Context) => {
      const { client, session, provider: at } = context.oidc;
      const grant = new at.Grant({
        clientId: client?.clientId ?? '',
        accountId: session?.accountId ?? '',
      });
      grant.addOIDCScope('openid email profile');
      grant.addOIDCClaims(CLAIMS);
      await grant.save();
      return grant;
    },
  });
  const self: IdentityProvider = {
    issuer,
    clientId,
    clientSecret,
    account: { sub: 'nobody' },
    visit: (url) => visit(issuer, url),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return self;
}

const said = (account: Account) =>
  Object.fromEntries(Object.entries(account).filter(([name]) => name !== 'sub'));

async function signIn(
  provider: Provider,
  { sub }: Account,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await provider.interactionFinished(request, response, { login: { accountId: sub } });
}

/** Follows redirects as long as they stay at the provider. */
async function visit(issuer: string, url: string): Promise<string> {
  const browser = createBrowser(issuer);
  let at = url;
  for (let hops = 0; hops < 10 && at.startsWith(issuer); hops += 1) {
    const answer = await browser.call('GET', at.slice(issuer.length));
    const next = answer.headers.get('location');
    if (next === null) throw new Error(`the provider answered ${answer.status} at ${at}`);
    at = new URL(next, issuer).href;
  }
  return at;
}
