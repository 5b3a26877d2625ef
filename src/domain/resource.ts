import type { Scope } from './scope.ts';
import type { TemplateDefinition } from './template.ts';

export interface Environment {
  readonly name: string;
  /** The flag, never the name, decides what may happen here. */
  readonly protected: boolean;
}

/** A secret is named, never written down: `{ secret: orders-db/admin-url }`. */
export interface SecretReference {
  readonly secret: string;
}

/** Gaps of `probe` that a resource file may accept by name. */
export const ACCEPTABLE_GAPS = [
  'public-temp',
  'public-create',
  'connect-elsewhere',
  'large-objects',
  'security-definer',
  // What a credential that Vault makes may do is written in Vault, where this broker cannot check it.
  'vault-effect',
  'production-server',
] as const;
export type AcceptableGap = (typeof ACCEPTABLE_GAPS)[number];

/** A registered downstream system. */
export interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly environment: Environment;
  /** E-mail of the person who answers for it. */
  readonly owner: string;
  /** `aud` of tokens for it when it checks tokens itself; absent: the broker enforces, `aud` is the issuer. */
  readonly audience?: string;
  readonly connection: {
    readonly url: SecretReference;
    readonly accept: readonly AcceptableGap[];
  };
  readonly scopes: ReadonlyMap<string, Scope>;
  /** Templates of a resource that hands out sandboxes, by name. */
  readonly templates?: Readonly<Record<string, TemplateDefinition>>;
}

/** What the file of this resource says about that template; undefined where it says nothing. */
export function templateOf(
  { templates = {} }: Pick<Resource, 'templates'>,
  name: string,
): TemplateDefinition | undefined {
  return Object.hasOwn(templates, name) ? templates[name] : undefined;
}

/** Does this resource hand out disposable databases? Then it hands out nothing else. */
export function isSandbox(resource: Pick<Resource, 'scopes'>): boolean {
  return [...resource.scopes.values()].some((scope) => scope.effect === 'sandbox');
}
