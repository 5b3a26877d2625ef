import type { Resource } from '../domain/resource.ts';
import type { Scope } from '../domain/scope.ts';
import type {
  AnyProvider,
  IssuedCredential,
  IssueRequest,
  RootCredential,
} from '../ports/provider.ts';

/** What a provider may do without. */
export type Ability = 'immediate' | 'renew' | 'listOwned' | 'probe' | 'rotateRoot';

/** Something to do with an issued credential at the downstream. @returns whether it was let */
export type Deed = (issued: IssuedCredential) => Promise<boolean>;

/** What the suite needs to know of one kind of provider and the downstream it is tried on. */
export interface ProviderGround {
  /** The provider as a fresh broker process builds it. The suite closes what it opens. */
  open(): AnyProvider;
  readonly resource: Resource;
  /**
   * Abilities this provider does without: `immediate` is a revocation that does not wait for the end, the others
   * are interfaces of the port. What is not named here has to be there.
   */
  readonly lacks: readonly Ability[];
  /** What is issued under. */
  readonly scope: Scope;
  /** For a scope of effect `sandbox`: the database that is cloned. */
  readonly template?: { readonly database: string };
  /** Scopes of that resource which must be refused before anything is issued; at least one. */
  readonly unfit: readonly Scope[];
  /** The root credential that works. */
  readonly root: RootCredential;
  /** One that the downstream refuses. */
  readonly wrongRoot: RootCredential;
  /** One for an address at which nobody answers at all (connections are refused). */
  readonly awayRoot: RootCredential;
  /** One for an address that takes connections and never says a word. */
  readonly silentRoot: RootCredential;
  /** Texts that are secret in the root credentials, at least 8 characters each. */
  readonly rootSecrets: readonly string[];
  /** A new lease of the installation that `open` builds for, ending in so many seconds. */
  lease(seconds: number): IssueRequest['lease'];
  /** What the scope lets one do, by name; the first is also how the suite sees that a credential lives. */
  readonly may: Readonly<Record<string, Deed>>;
  /** What it must not let one do: more than the scope says, elsewhere, as somebody else. */
  readonly mayNot: Readonly<Record<string, Deed>>;
  /**
   * The end that the downstream itself holds for a credential, Unix milliseconds.
   * @param lease with the handle that is on record, where the provider keeps one
   */
  endOf(issued: IssuedCredential, lease: IssueRequest['lease']): Promise<number>;
}

/** One thing every provider has to do. */
export interface ProviderCheck {
  readonly name: string;
  /**
   * @returns `not offered` where the provider does not have the ability, as its ground declares
   * @throws SuiteFailure that says what is wrong
   */
  run(ground: ProviderGround): Promise<'done' | 'not offered'>;
}
