import { inspect } from 'node:util';
import type { RootCredential } from '../ports/provider.ts';
import type { ProviderCheck } from './ground.ts';
import { onStage, type Stage } from './stage.ts';
import { must } from './suite-failure.ts';

/** Raw, as part of a URL, and in the two base64 alphabets at each offset. */
function spellings(secret: string): string[] {
  const offsets = [0, 1, 2].flatMap((offset) => {
    const text = Buffer.from(' '.repeat(offset) + secret);
    return (['base64', 'base64url'] as const).map((form) =>
      text.toString(form).slice(offset === 0 ? 0 : 4, -4),
    );
  });
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString('hex'), ...offsets];
}

function mustNotTell(text: string, secrets: readonly string[], where: string): void {
  for (const secret of secrets) {
    for (const form of spellings(secret)) {
      must(form.length < 8 || !text.includes(form), `a secret is in ${where}`);
    }
  }
}

/** Everything an error could show: its text, its members, and its causes. */
function shown(error: unknown): string {
  return inspect(error, { depth: 10, showHidden: true, maxStringLength: null });
}

/** What the process writes while `work` runs. */
async function said(work: () => Promise<void>): Promise<string> {
  const streams = [process.stdout, process.stderr];
  const writes = streams.map((stream) => stream.write.bind(stream));
  let text = '';
  for (const stream of streams) {
    stream.write = (chunk: string | Uint8Array) => {
      text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      return true;
    };
  }
  try {
    await work();
  } finally {
    for (const [index, stream] of streams.entries()) {
      const write = writes[index];
      if (write) stream.write = write;
    }
  }
  return text;
}

/** The errors of every call with a root credential that does not work. */
async function errorsWith(stage: Stage, root: RootCredential): Promise<unknown[]> {
  // Of its own, so that nothing it keeps for the root that works is used instead.
  const provider = stage.another();
  const signal = AbortSignal.timeout(200);
  const request = { ...stage.request(stage.lease(), signal), root };
  const work = [
    provider.issue(request),
    provider.revoke(request),
    ...(provider.renew ? [provider.renew(request)] : []),
    ...(provider.listOwned ? [provider.listOwned(request, { limit: 100 })] : []),
    ...(provider.probe ? [provider.probe(request)] : []),
  ];
  const results = await Promise.allSettled(work);
  return results.map((result) => (result.status === 'rejected' ? result.reason : result.value));
}

export const SECRECY_CHECKS: readonly ProviderCheck[] = [
  {
    name: 'no secret is in a plan, a name, a handle, a list, a probe, an error or what the process writes',
    run: (ground) =>
      onStage(ground, async (stage) => {
        const { provider } = stage;
        const secrets = [...ground.rootSecrets];
        must(secrets.length > 0, 'the ground names no secret of its root credential');
        const told: string[] = [];
        const written = await said(async () => {
          const lease = stage.lease();
          told.push(...provider.plan(stage.request(lease)));
          const issued = await stage.issue(lease);
          secrets.push(issued.secret.reveal());
          told.push(lease.outsideName, shown(issued.info), shown(await stage.owned()));
          told.push(shown(stage.recorded(lease)));
          told.push(shown(await provider.probe?.(stage.request(lease))));
          const { wrongRoot, awayRoot, silentRoot } = ground;
          for (const root of [wrongRoot, awayRoot, silentRoot]) {
            told.push(...(await errorsWith(stage, root)).map(shown));
          }
          told.push(shown(await stage.revoke(lease)));
        });
        mustNotTell(told.join('\n'), secrets, 'what the provider answers');
        mustNotTell(written, secrets, 'what the process writes');
      }),
  },
  {
    name: 'a plan says what will be done, the same each time, and asks nobody',
    run: (ground) =>
      onStage(ground, async ({ provider, request, lease }) => {
        const about = lease();
        const [first, second] = [1, 2].map(() => provider.plan(request(about)));
        must((first?.length ?? 0) > 0, 'the plan is empty');
        must(JSON.stringify(first) === JSON.stringify(second), 'two plans of one request differ');
        must(JSON.stringify(first).includes(about.outsideName), 'the plan does not name the lease');
      }),
  },
];
