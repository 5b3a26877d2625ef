import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, FaultLine } from '../support/fault-line.ts';
import type { Chance } from './chance.ts';
import type { Fleet } from './fleet.ts';
import type { DayGround, LineName } from './ground.ts';
import type { Tally } from './tally.ts';

/** One thing that can go wrong; resolves when it is over. */
interface Trouble {
  readonly what: string;
  readonly weight: number;
  readonly strike: (chance: Chance) => Promise<void>;
}

/** Milliseconds that a line is broken at most: longer than a call may take. */
const LONGEST: Record<LineName, number> = {
  'store 1': 2_500,
  'store 2': 2_500,
  shop: 7_000,
  sandboxes: 7_000,
  vault: 7_000,
};

/** What Vault says when it is sealed, ill, or asked too much. */
const ANSWERS = [
  httpAnswer('503 Service Unavailable', '{"errors":["Vault is sealed"]}'),
  httpAnswer('500 Internal Server Error', '{"errors":["internal error"]}'),
  httpAnswer('429 Too Many Requests', '{"errors":["request path quota exceeded"]}'),
];

function httpAnswer(status: string, body: string): string {
  return [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

/** Strikes one thing after the other, at random, until it is stopped; everything is whole then. */
export function makeTrouble(
  ground: DayGround,
  fleet: Fleet,
  run: { readonly chance: Chance; readonly tally: Tally; readonly atOnce: number },
): { stop(): Promise<void> } {
  const over = new AbortController();
  const busy = new Set<string>();
  const all = troublesOf(ground, fleet, run.tally);
  const one = async () => {
    while (!over.signal.aborted) {
      const free = all.filter(({ what }) => !busy.has(what));
      const weights = Object.fromEntries(free.map(({ what, weight }) => [what, weight]));
      const what = run.chance.weighted(weights);
      const trouble = free.find((other) => other.what === what);
      busy.add(what);
      run.tally.add('faults');
      await trouble?.strike(run.chance);
      busy.delete(what);
      await sleep(run.chance.between(100, 900));
    }
  };
  const running = Array.from({ length: run.atOnce }, one);
  return {
    stop: async () => {
      over.abort();
      await Promise.all(running);
    },
  };
}

function troublesOf(ground: DayGround, fleet: Fleet, tally: Tally): readonly Trouble[] {
  const { lines, shop, sandboxes } = ground;
  const named = Object.entries(lines) as [LineName, FaultLine][];
  return [
    ...named.map(([name, line]) => ({
      what: name,
      weight: name.startsWith('store') ? 1 : 3,
      strike: (chance: Chance) => breakLine(line, LONGEST[name], name === 'vault', chance),
    })),
    ...fleet.urls.map((_url, at) => ({
      what: `broker ${at}`,
      weight: 0.5,
      strike: async (chance: Chance) => {
        tally.add('kills');
        await fleet.killOne(at, chance.between(100, 1_500));
      },
    })),
    {
      what: 'sessions at the shop',
      weight: 1,
      strike: async () => void (await shop.asSuperuser(terminating(shop.adminRole))),
    },
    {
      what: 'a clone in the making',
      weight: 2,
      strike: () => interruptClone(sandboxes),
    },
  ];
}

async function breakLine(
  line: FaultLine,
  longestMs: number,
  http: boolean,
  chance: Chance,
): Promise<void> {
  const kinds = { cut: 2, refuse: 2, stall: 3, 'lose answers': 3, answer: http ? 4 : 0 };
  const kind = chance.weighted(kinds);
  if (kind === 'cut') return line.cut();
  const fault: Fault = kind === 'answer' ? { kind, bytes: chance.pick(ANSWERS) } : { kind };
  // Most are short; now and then one outlasts every patience.
  const most = chance.happens(0.2) ? longestMs : longestMs / 4;
  await line.strike(fault);
  await sleep(chance.between(100, most));
  await line.mend();
}

function terminating(role: string, more = ''): string {
  return `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}' ${more}`;
}

/** Ends the session of the admin that is copying a template right now, if there is one soon. */
async function interruptClone({ asSuperuser, adminRole }: DayGround['sandboxes']): Promise<void> {
  const statement = terminating(adminRole, "and state = 'active' and query like '%DATABASE%'");
  for (let tries = 0; tries < 40; tries += 1) {
    if ((await asSuperuser(statement)).length > 0) return;
    await sleep(10);
  }
}
