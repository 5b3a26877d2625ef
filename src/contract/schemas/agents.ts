import { z } from 'zod';
import { Name, Reason, Time } from './base.ts';

/** A set of public keys (RFC 7517); each key is checked when it is imported. */
const Jwks = z.strictObject({ keys: z.array(z.record(z.string(), z.unknown())).max(20) });
const JwksUri = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine((text) => !URL.canParse(text) || new URL(text).username + new URL(text).password === '', {
    message: 'a URL may not carry credentials',
  });

export const KeySource = z
  .strictObject({ jwks: Jwks.optional(), jwks_uri: JwksUri.optional() })
  .refine((keys) => (keys.jwks === undefined) !== (keys.jwks_uri === undefined), {
    message: 'give either jwks or jwks_uri',
    path: ['jwks'],
  });

export const AgentCreate = z
  .strictObject({
    name: Name,
    owner: z.email().max(254),
    teams: z.array(Name).max(50).default([]),
    jwks: Jwks.optional(),
    jwks_uri: JwksUri.optional(),
  })
  .refine((agent) => (agent.jwks === undefined) !== (agent.jwks_uri === undefined), {
    message: 'give either jwks or jwks_uri',
    path: ['jwks'],
  });

export const Agent = z.object({
  id: z.string(),
  name: z.string(),
  owner: z.string(),
  teams: z.array(z.string()),
  state: z.enum(['active', 'suspended', 'retired']),
  managed_by: z.enum(['api', 'bundle']),
  keys: z.array(z.object({ kid: z.string(), alg: z.string() })),
  jwks_uri: z.string().optional(),
  /** Which client secret it may use, where it has one. */
  client_secret_id: z.string().optional(),
  created_at: Time,
});
export type Agent = z.infer<typeof Agent>;

export const ReasonBody = z.strictObject({ reason: Reason });

export const ResourceServerCreate = z
  .strictObject({
    name: Name,
    audience: z.url().max(2048),
    jwks: Jwks.optional(),
    jwks_uri: JwksUri.optional(),
  })
  .refine((server) => (server.jwks === undefined) !== (server.jwks_uri === undefined), {
    message: 'give either jwks or jwks_uri',
    path: ['jwks'],
  });

export const ResourceServer = z.object({
  id: z.string(),
  name: z.string(),
  audience: z.string(),
  jwks_uri: z.string().optional(),
  client_secret_id: z.string().optional(),
  created_at: Time,
});
export type ResourceServer = z.infer<typeof ResourceServer>;

/** The only time a client secret is shown. */
export const ClientSecret = z.object({
  client_id: z.string(),
  client_secret_id: z.string(),
  client_secret: z.string(),
});
export type ClientSecret = z.infer<typeof ClientSecret>;
