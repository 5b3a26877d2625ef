import { BlockList, isIP } from 'node:net';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Admission } from '../api/doors.ts';
import { rateLimited } from '../domain/errors.ts';

/** Failed authentications in ten seconds: from one address for one client, and from one address. */
const FAILURES = { pair: 200, address: 1_000 } as const;
const WINDOW_SECONDS = 10;
/** From all together come at most so many times what one address may: each may leave a challenge in the store. */
const ALL_VISITS = 20;
const VISIT_RATE = 300;
const VISIT_SECONDS = 60;
/** Requests of one address for one client that may be in work at once. */
const IN_FLIGHT = 512;

/**
 * Bounds on work for callers that are not authenticated yet, checked before any crypto. Kept per
 * address *and* claimed id, so that whoever floods in somebody's name from elsewhere does not lock
 * that agent out.
 */
export function createAdmission(options: {
  readonly agentRate: number;
  readonly visitRate?: number;
  readonly trustedProxies: readonly string[];
}): Admission {
  const window = { duration: WINDOW_SECONDS };
  const pairs = new RateLimiterMemory({ keyPrefix: 'p', points: FAILURES.pair, ...window });
  const addresses = new RateLimiterMemory({ keyPrefix: 'a', points: FAILURES.address, ...window });
  const principals = new RateLimiterMemory({ points: options.agentRate, duration: 1 });
  const visit = createVisits(options.visitRate ?? VISIT_RATE);
  const working = new Map<string, number>();
  let suspiciousUntil = 0;
  const addressOf = forwardedAddress(options.trustedProxies);

  return {
    enter: async (address, claimedId) => {
      const key = `${address} ${claimedId}`;
      const running = working.get(key) ?? 0;
      if (running >= IN_FLIGHT) throw rateLimited(1);
      // Counted before anything is awaited: a burst that arrives at once must not pass uncounted.
      working.set(key, running + 1);
      const leave = () => {
        const left = (working.get(key) ?? 1) - 1;
        if (left <= 0) working.delete(key);
        else working.set(key, left);
      };
      // Nobody failed lately: nothing to look up.
      if (performance.now() > suspiciousUntil) return leave;
      const [ofPair, ofAddress] = await Promise.all([pairs.get(key), addresses.get(address)]);
      const spent = Math.max(
        (ofPair?.consumedPoints ?? 0) >= FAILURES.pair ? (ofPair?.msBeforeNext ?? 0) : 0,
        (ofAddress?.consumedPoints ?? 0) >= FAILURES.address ? (ofAddress?.msBeforeNext ?? 0) : 0,
      );
      if (spent > 0) {
        leave();
        throw rateLimited(Math.ceil(spent / 1000));
      }
      return leave;
    },
    visit,
    failed: (address, claimedId) => {
      suspiciousUntil = performance.now() + WINDOW_SECONDS * 1000;
      pairs.consume(`${address} ${claimedId}`).catch(() => undefined);
      addresses.consume(address).catch(() => undefined);
    },
    spend: async (principalId) => {
      await principals.consume(principalId).catch(() => {
        throw rateLimited(1);
      });
    },
    addressOf,
  };
}

/** Counts people who have not signed in yet. */
function createVisits(rate: number): Admission['visit'] {
  const visit = { duration: VISIT_SECONDS };
  const visitors = new RateLimiterMemory({ keyPrefix: 'v', points: rate, ...visit });
  const everybody = new RateLimiterMemory({ keyPrefix: 'e', points: rate * ALL_VISITS, ...visit });
  return async (address) => {
    // One address alone must not use up what all have together.
    await visitors.consume(networkOf(address)).catch(tooMany);
    await everybody.consume('').catch(tooMany);
  };
}

function tooMany(): never {
  throw rateLimited(VISIT_SECONDS);
}

/** Whoever has one IPv6 address has the whole /64. */
function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.split('::', 2);
  const groups = head.split(':').filter((group) => group !== '');
  const last = tail === undefined ? [] : tail.split(':').filter((group) => group !== '');
  const gap = tail === undefined ? 0 : 8 - groups.length - last.length;
  return [...groups, ...Array<string>(Math.max(0, gap)).fill('0'), ...last].slice(0, 4).join(':');
}

/** The nearest address that is not a listed proxy; a header from anybody else means nothing. */
function forwardedAddress(trusted: readonly string[]): Admission['addressOf'] {
  const proxies = new BlockList();
  for (const entry of trusted) {
    const [address = '', bits] = entry.split('/', 2);
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(bits), family);
  }
  const isProxy = (address: string) =>
    isIP(address) !== 0 && proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return (request) => {
    const direct = plain(request.socket.remoteAddress ?? '');
    if (trusted.length === 0 || !isProxy(direct)) return direct;
    const hops = [request.headers['x-forwarded-for'] ?? ''].flat().join(',').split(',');
    for (const hop of hops.map((text) => plain(text.trim())).reverse()) {
      if (isIP(hop) === 0) return direct;
      if (!isProxy(hop)) return hop;
    }
    return direct;
  };
}

/** `::ffff:127.0.0.1` and `127.0.0.1` are one address. */
function plain(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
