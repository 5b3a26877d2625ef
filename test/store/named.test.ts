import { expect, it } from 'vitest';
import { named } from '../../src/store/pool.ts';

const coded = (code: string, message = 'failed') => Object.assign(new Error(message), { code });

it.each(['EPIPE', 'ECONNRESET', 'ECONNREFUSED', '57P01', '08006', '53300', '55P03', '28P01'])(
  'the store is away: %s',
  (code) => {
    expect(named(coded(code))).toMatchObject({ code: 'store_unavailable' });
  },
);

it.each(['23505', '42P01', 'P0001', 'XX000', 'F0000', 'HV000'])(
  'what PostgreSQL says of a statement is not said of the store: %s',
  (code) => {
    const error = coded(code, 'the connection of a row');
    expect(named(error)).toBe(error);
  },
);
