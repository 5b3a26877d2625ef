import type { Environment, Resource } from '../domain/resource.ts';
import type { Scope } from '../domain/scope.ts';
import type { Head } from './cedar/head.ts';
import type { Reads } from './cedar/reads.ts';
import type { Place } from './place.ts';
import type { TestCase } from './test-case.ts';

/** Terms one rule states by annotation, before several rules are merged. */
export interface RuleTerms {
  readonly ttlSeconds?: number;
  /** Persons who must sign; 0: nobody. */
  readonly approvals: number;
  /** Groups they come from; empty: any approver. */
  readonly approvers: readonly string[];
  readonly leases?: number;
  readonly mode?: 'login';
  readonly budget?: string;
  readonly note?: string;
}

/** One Cedar statement with its `@id`. */
export interface Rule extends Place {
  readonly id: string;
  readonly effect: 'permit' | 'forbid';
  /** The statement as written, from its first token to its semicolon. */
  readonly text: string;
  readonly terms: RuleTerms;
  readonly head: Head;
  readonly reads: Reads;
}

/** An agent that `agents.yaml` declares; its id is given when the bundle is activated. */
export interface DeclaredAgent extends Place {
  readonly name: string;
  readonly owner: string;
  readonly teams: readonly string[];
  readonly keys:
    | { readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] } }
    | { readonly jwksUri: string };
}

/** Approvers by e-mail, or whoever the identity provider puts into the group `oidc`. */
export type Group = Place & { readonly name: string } & (
    | { readonly members: readonly string[] }
    | { readonly oidc: string }
  );

/** What the policy files say, parsed and cross-checked; immutable. */
export interface Bundle {
  /** SHA-256 (hex) over the canonical JSON of the files. */
  readonly digest: string;
  readonly files: Readonly<Record<string, string>>;
  readonly environments: ReadonlyMap<string, Environment>;
  readonly teams: ReadonlySet<string>;
  readonly agents: ReadonlyMap<string, DeclaredAgent>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly resources: ReadonlyMap<string, Resource>;
  /** Every scope of every resource, by its id `resource:name`. */
  readonly scopes: ReadonlyMap<string, Scope>;
  readonly rules: readonly Rule[];
  readonly tests: readonly TestCase[];
  /** Where `environment:…`, `resource:…` and `scope:…` were written. */
  readonly places: ReadonlyMap<string, Place>;
}
