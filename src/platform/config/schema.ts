import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { LOG_LEVELS } from '../logger.ts';
import type { SettingName } from './variables.ts';

const wholeNumber = (from: number, to: number) =>
  z
    .union(
      [
        z.int(),
        z
          .string()
          .regex(/^[0-9]{1,9}$/)
          .transform(Number),
      ],
      {
        error: 'wants a whole number',
      },
    )
    .pipe(z.int().min(from).max(to));

/** A boolean in the config file; its name in the environment. */
const flag = z.union(
  [z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')],
  { error: 'wants true or false' },
);

/** A list in the config file; separated by commas in the environment. */
const list = (item: z.ZodType<string, string>) =>
  z
    .union([z.array(z.string()), z.string().transform(splitList)], { error: 'wants a list' })
    .pipe(z.array(item).max(100));

const path = z.string({ error: 'wants a path' }).min(1);

const postgresUrl = z.string().refine(
  (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return /^postgres(ql)?:$/.test(url?.protocol ?? '') && url?.hostname !== '';
  },
  { error: 'wants a URL such as postgres://user:password@host:5432/database' },
);

/**
 * An origin, with a path or not, in its one spelling: `iss` and `aud` are compared byte by byte
 * (RFC 8414 §2: no query, no fragment).
 */
const issuer = z.string().refine(isCanonicalIssuer, {
  error: 'wants a URL such as https://broker.example.com: lower case, no trailing slash, no query',
});

const hostAndPort = z.string().refine(isHostAndPort, {
  error: 'wants host:port, exactly, such as idp.internal:8443 or [fd00::1]:443',
});

/** The issuer of an OpenID provider, as its metadata has it: a slash at the end counts. */
const providerUrl = z.string().refine(isProviderUrl, {
  error: 'wants the issuer URL of an OpenID provider, such as https://id.example.com',
});

const groupRole = z
  .string()
  .refine((text) => /^.{1,200}=\s*(?:admin|approver|auditor)$/.test(text), {
    error: 'wants group=role with the role admin, approver or auditor',
  });

const proxy = z.string().refine(isAddressOrNetwork, {
  error: 'wants an address or a network, such as 10.0.0.5 or 10.0.0.0/24',
});

/** Where Vault is: an origin, since its paths are ours to choose. */
const origin = z.string().refine(isOrigin, {
  error:
    'wants an origin such as https://vault.example.com:8200: no path, no query, no credentials',
});

/** A place in Vault: plain segments, so that no text of a setting changes the meaning of a path. */
const vaultPath = z
  .string()
  .max(200)
  .refine(
    (text) => /^[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/.test(text),
    {
      error: 'wants a path such as team-a/transit',
    },
  );

const transitKey = vaultPath.refine((text) => text.includes('/'), {
  error: 'wants mount and key, such as transit/countersign',
});

/** Where a webhook goes. It may hold a credential in its path, so it counts as a secret. */
const webhookUrl = z
  .string()
  .max(2048)
  .refine(isWebhookUrl, { error: 'wants a URL such as https://hooks.example.com/…' });

/** As the Standard Webhooks specification writes it: 24 to 64 random bytes. */
const webhookSecret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'wants whsec_ and 24 to 64 bytes in base64');

const smtpUrl = z.string().max(2048).refine(isSmtpUrl, {
  error: 'wants a URL such as smtps://user:password@mail.example.com:465',
});

const mailAddress = z
  .string()
  .max(254)
  .regex(/^[^\s@<>,;"]+@[^\s@<>,;"]+$/, 'wants an e-mail address');

/** The one schema: types, bounds and defaults of every setting. */
export const Settings = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: wholeNumber(1, 65_535).default(7300),
  issuer: issuer.optional(),
  data_dir: path.default('./.countersign'),
  policies: path.default('./policies'),
  database_url: postgresUrl.optional(),
  migrate_database_url: postgresUrl.optional(),
  master_key: z.string().optional(),
  previous_master_key: z.string().optional(),
  signing_alg: z.enum(['ES256', 'EdDSA', 'PS256', 'RS256']).default('ES256'),
  client_secrets: flag.default(false),
  network_allow: list(hostAndPort).default([]),
  trusted_proxies: list(proxy).default([]),
  log_level: z.enum(LOG_LEVELS).default('info'),
  store_connections: wholeNumber(2, 200).default(10),
  max_leases_per_agent: wholeNumber(1, 10_000).default(50),
  agent_rate: wholeNumber(1, 100_000).default(5_000),
  visit_rate: wholeNumber(10, 1_000_000).default(300),
  sso_issuer: providerUrl.optional(),
  sso_client_id: z.string().min(1).max(256).optional(),
  sso_client_secret: z.string().min(1).max(4096).optional(),
  sso_name: z.string().min(1).max(60).default('single sign-on'),
  sso_scope: z
    .string()
    .max(500)
    .refine((text) => text.split(' ').includes('openid'), { error: 'wants scopes with openid' })
    .default('openid email profile'),
  sso_groups_claim: z.string().min(1).max(100).default('groups'),
  sso_roles: list(groupRole).default([]),
  vault_address: origin.optional(),
  vault_namespace: vaultPath.optional(),
  vault_auth: z.enum(['approle', 'kubernetes', 'token']).optional(),
  vault_auth_mount: vaultPath.optional(),
  vault_token: z.string().min(1).max(4096).optional(),
  vault_role_id: z.string().min(1).max(256).optional(),
  vault_secret_id: z.string().min(1).max(4096).optional(),
  vault_secret_id_wrapped: z.string().min(1).max(4096).optional(),
  vault_kubernetes_role: z.string().min(1).max(256).optional(),
  vault_kubernetes_token_path: path.default('/var/run/secrets/kubernetes.io/serviceaccount/token'),
  vault_refresh: wholeNumber(1, 3_600).default(30),
  vault_stale: wholeNumber(0, 86_400).default(600),
  vault_transit_key: transitKey.optional(),
  webhook_url: webhookUrl.optional(),
  webhook_secret: webhookSecret.optional(),
  slack_webhook_url: webhookUrl.optional(),
  smtp_url: smtpUrl.optional(),
  mail_from: mailAddress.optional(),
  mail_to: list(mailAddress).default([]),
} satisfies Record<SettingName, z.ZodType>);

export type Settings = z.infer<typeof Settings>;

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function isCanonicalIssuer(text: string): boolean {
  if (!URL.canParse(text) || text.endsWith('/')) return false;
  const { href, protocol, username, password, search, hash } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return false;
  if (username + password + search + hash !== '' || /[?#]/.test(text)) return false;
  return href === text || href === `${text}/`;
}

function isProviderUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && username + password + search + hash === '';
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { origin: whole, protocol } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && whole === text;
}

function isWebhookUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && username + password + hash === '';
}

function isSmtpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash } = new URL(text);
  const plain = (pathname === '' || pathname === '/') && search + hash === '';
  return (protocol === 'smtp:' || protocol === 'smtps:') && hostname !== '' && plain;
}

function isHostAndPort(text: string): boolean {
  const port = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\]):([0-9]{1,5})$/.exec(text)?.[1];
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535 && !text.startsWith('.');
}

function isAddressOrNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  if (!/^[0-9]{1,3}$/.test(prefix)) return false;
  try {
    new BlockList().addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
    return true;
  } catch {
    return false;
  }
}
