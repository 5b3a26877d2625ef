import { leaseIdOf } from '../../domain/lease.ts';

/** The names under which one installation has credentials made. */
export interface LeaseNames {
  /** Does this name belong to a lease of this installation? */
  isLease(name: unknown): name is string;
}

/** @param installation 8 characters of `[0-9a-z]` */
export function leaseNames(installation: string): LeaseNames {
  if (!/^[0-9a-z]{8}$/.test(installation)) {
    throw new RangeError('an installation id has 8 characters');
  }
  return {
    isLease: (name): name is string =>
      typeof name === 'string' && leaseIdOf(installation, name) !== undefined,
  };
}
