import { type BrokerError, providerFailed } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import type { JsonValue } from '../../domain/strict-json.ts';
import type { IssuedCredential } from '../../ports/provider.ts';
import type { Constraints } from './constraints.ts';

type Data = Readonly<Record<string, JsonValue>>;
const LARGEST = 65_536;

/** The shape in which an agent gets what Vault made, by the scope's `type`. @throws provider_misconfigured */
export function credentialOf(constraints: Constraints, data: Data): IssuedCredential {
  const made = SHAPES[constraints.type](data, constraints.path);
  return constraints.hints ? { ...made, info: { hints: constraints.hints } } : made;
}

const SHAPES: Record<
  Constraints['type'],
  (data: Data, path: string) => Omit<IssuedCredential, 'info'>
> = {
  database: (data, path) => {
    const username = text(data, 'username', path);
    const password = text(data, 'password', path);
    return {
      credential: { type: 'vault-database', username, password },
      secret: new Secret(password),
    };
  },
  aws: (data, path) => {
    // STS sessions live until their end, whatever is revoked.
    if (data['security_token'] || data['session_token']) {
      throw misconfigured(
        path,
        'gives session credentials of AWS STS, which nobody can take back. Use a role with credential_type=iam_user',
      );
    }
    const secret = text(data, 'secret_key', path);
    return {
      credential: {
        type: 'vault-aws',
        access_key: text(data, 'access_key', path),
        secret_key: secret,
      },
      secret: new Secret(secret),
    };
  },
  generic: (data, path) => {
    const whole = JSON.stringify(data);
    if (whole === '{}' || whole.length > LARGEST) {
      throw misconfigured(path, 'gives nothing, or more than 64 KiB');
    }
    return { credential: { type: 'vault', data }, secret: new Secret(whole) };
  },
};

function text(data: Data, member: string, path: string): string {
  const value = data[member];
  if (typeof value === 'string' && value !== '') return value;
  throw misconfigured(
    path,
    `gives no ${member}. Correct the type of the scope: database, aws or generic`,
  );
}

function misconfigured(path: string, problem: string): BrokerError {
  return providerFailed('provider_misconfigured', `In Vault, ${path} ${problem}.`);
}
