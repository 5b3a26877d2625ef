import { SHOP_BUNDLE } from './bundle.ts';

/** The shop's bundle with sandboxes beside it, made of its production database. */
export function sandboxBundle(
  options: { accept?: string; masking?: string; maxSize?: string } = {},
) {
  const masking = options.masking ?? '{ id: keep, country: keep, email: fake }';
  return {
    ...SHOP_BUNDLE,
    'environments.yaml':
      'environments: { production: { protected: true }, staging: { protected: false }, lab: { protected: false } }\n',
    'resources/sandboxes.yaml': `resource: sandboxes
kind: postgres
environment: lab
owner: dana@example.com
connection: { url: { secret: sandboxes/admin-url }, accept: [${options.accept ?? ''}] }
scopes:
  try: { effect: sandbox, max_ttl: 1h, sandbox: { template: shop, max_size: ${options.maxSize ?? '100MB'} } }
templates:
  shop: { source: shop, personal: [public.customers], masking: { public.customers: ${masking} } }
`,
    'rules/sandbox.cedar': `@id("support-tries")
permit (principal in Team::"support", action == Action::"sandbox", resource in Resource::"sandboxes");
`,
  };
}
