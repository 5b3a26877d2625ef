import type { Broker } from '../broker/context.ts';
import { listSigners } from '../broker/signers.ts';
import { createPasskeys } from '../identity/passkeys.ts';
import { createSingleSignOn } from '../identity/single-sign-on.ts';
import type { Config } from '../platform/config/config.ts';
import { createOutboundFetch } from '../platform/outbound-fetch.ts';

/** How people are recognised: by passkeys, and by an identity provider where one is set up. */
export function createPeopleParts(
  { http, sso, networkAllow }: Pick<Config, 'http' | 'sso' | 'networkAllow'>,
  { operators, policy, clock }: Pick<Broker, 'operators' | 'policy' | 'clock'>,
): Pick<Broker, 'passkeys' | 'singleSignOn' | 'signers'> {
  const { issuer } = http;
  return {
    passkeys: createPasskeys(issuer),
    signers: () => listSigners({ operators, policy }),
    singleSignOn:
      sso &&
      createSingleSignOn({
        ...sso,
        redirectUri: `${issuer}/v1/sign-in/sso/callback`,
        send: createOutboundFetch(networkAllow),
        monotonic: clock.monotonic,
      }),
  };
}
