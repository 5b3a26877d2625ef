import { type CallerOptions, createOAuthCaller } from './oauth-caller.ts';
import { Introspection } from './oauth-schemas.ts';
import { type Limits, readJson } from './transport.ts';

export interface ResourceServerOptions extends CallerOptions {
  /** `rs_…` */
  readonly resourceServerId: string;
}

export interface ResourceServerSession {
  /**
   * Is this token live, and for us (RFC 7662)? `{active: false}` says nothing more, whatever the
   * reason: expired, revoked, malformed, or for another audience.
   */
  introspect(token: string, limits?: Limits): Promise<Introspection>;
}

/** What a service that accepts our tokens asks the broker. */
export function createResourceServerSession(options: ResourceServerOptions): ResourceServerSession {
  const { post } = createOAuthCaller(options.resourceServerId, options);
  return {
    async introspect(token, limits) {
      const form = { token, token_type_hint: 'access_token' };
      return readJson(await post('/oauth/introspect', form, limits), Introspection);
    },
  };
}
