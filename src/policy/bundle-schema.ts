import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import { EFFECTS } from '../domain/effect.ts';
import { isId } from '../domain/ids.ts';
import { ACCEPTABLE_GAPS } from '../domain/resource.ts';
import { NAME, parseScopeId } from '../domain/scope.ts';
import { isSecretReference } from '../domain/secret-name.ts';
import { MASKS } from '../domain/template.ts';

const PRIVATE_JWK_MEMBERS = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth'];

const name = z.string().regex(NAME, 'wants a short lower-case name');
const email = z
  .string()
  .max(254)
  .regex(/^[^\s@]+@[^\s@]+$/, 'wants an e-mail address');
const line = z
  .string()
  .max(500)
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, 'wants one line of text');
const duration = z
  .string('wants a duration such as "15m"')
  .refine((text) => parseDuration(text) !== undefined, 'wants a duration such as "15m"')
  .transform((text) => parseDuration(text) ?? 0);
const scopeId = z
  .string()
  .refine((text) => parseScopeId(text) !== undefined, 'wants a scope such as "orders-db:read"');

const jwk = z
  .record(z.string(), z.unknown())
  .refine(
    (key) => !PRIVATE_JWK_MEMBERS.some((member) => Object.hasOwn(key, member)),
    'holds private key material; only public keys belong here',
  );

const agent = z
  .strictObject({
    name: name.refine((text) => !isId('agent', text), 'looks like an id; choose a name'),
    owner: email,
    teams: z.array(name).max(50).default([]),
    jwks: z.strictObject({ keys: z.array(jwk).max(20) }).optional(),
    jwks_uri: z
      .url({ protocol: /^https?$/, error: 'wants an http(s) URL' })
      .max(2048)
      .optional(),
  })
  .refine((value) => (value.jwks === undefined) !== (value.jwks_uri === undefined), {
    error: 'wants either jwks or jwks_uri',
  });

export const agentsFile = z.strictObject({
  teams: z.array(name).max(1_000).default([]),
  agents: z.array(agent).max(10_000).default([]),
});

export const environmentsFile = z.strictObject({
  environments: z.record(name, z.strictObject({ protected: z.boolean() })),
});

export const groupsFile = z.strictObject({
  groups: z.record(
    name,
    z.union(
      [z.strictObject({ members: z.array(email).max(1_000) }), z.strictObject({ oidc: line })],
      {
        error: 'wants either members (a list of e-mails) or oidc (a group name)',
      },
    ),
  ),
});

const secret = z.strictObject(
  {
    secret: z
      .string()
      .refine(
        isSecretReference,
        'wants a secret name, or a place in Vault such as vault:kv/data/shop#admin_url',
      ),
  },
  { error: 'wants a reference such as { secret: orders-db/admin-url }, never the value itself' },
);

/** Besides these, a scope holds one key named after its resource's kind, or `sandbox`; `load-resources` checks it. */
const scope = z.looseObject({
  effect: z.enum(EFFECTS),
  description: line.default(''),
  max_ttl: duration.default(900),
});

/** `schema.table`, as the catalog holds the names. */
const tableName = z
  .string()
  .max(130)
  .regex(/^[^.\0]+\.[^.\0]+$/, 'wants schema.table');
const columnName = z.string().min(1).max(63);
/** YAML reads an unquoted `null` as nothing. */
const mask = z.preprocess(
  (value) => (value === null ? 'null' : value),
  z.enum(MASKS, `wants one of ${MASKS.join(', ')}`),
);
const template = z.strictObject({
  source: name,
  /** Not optional: that nothing is personal has to be said. */
  personal: z
    .array(
      z
        .string()
        .max(200)
        .regex(/^[^.\0]+\.[^.\0]+(?:\.[^.\0]+)?$/, 'wants schema.table or schema.table.column'),
    )
    .max(5_000),
  masking: z.record(tableName, z.record(columnName, mask)).default({}),
});

export const resourceFile = z.strictObject({
  resource: name,
  kind: name,
  environment: name,
  owner: email,
  audience: z.url('wants a URL').max(2048).optional(),
  connection: z.strictObject({
    url: secret,
    accept: z.array(z.enum(ACCEPTABLE_GAPS)).default([]),
  }),
  scopes: z.record(name, scope),
  templates: z.record(name, template).optional(),
});

export const testsFile = z
  .array(
    z.strictObject({
      name: line,
      agent: z
        .string()
        .max(64)
        .refine((text) => NAME.test(text), 'wants an agent name or id'),
      teams: z.array(name).max(50).optional(),
      scope: scopeId,
      action: z.enum(EFFECTS).optional(),
      context: z
        .strictObject({
          verified_ticket: line.optional(),
          opened_by: z.enum(['agent', 'operator']).optional(),
          at: z.iso.datetime('wants a UTC time such as 2026-01-05T12:00:00Z').optional(),
          purpose: line.optional(),
          ticket: line.optional(),
        })
        .default({}),
      expect: z.strictObject({
        decision: z.enum(['allow', 'deny', 'require_approval']),
        reason: line.optional(),
        rules: z.array(z.string()).optional(),
        ttl: duration.optional(),
        approvals: z.int().min(0).max(99).optional(),
        approvers: z.array(name).optional(),
        leases: z.int().min(1).max(99).optional(),
        mode: z.literal('login').optional(),
      }),
    }),
  )
  .max(5_000);
