import { DecisionCache } from '../../src/policy/decision-cache.ts';
import { loadBundle } from '../../src/policy/load.ts';
import { compilePolicy, type DecisionRequest, type Policy } from '../../src/policy/policy.ts';
import { percentile } from '../report.ts';
import { bundleOf, questionsOf, SHAPES } from './many-rules.ts';

/** Microseconds, p50: warmed pairs by number of rules; and, for the largest, cold and from the cache. */
export interface DecideResult {
  readonly warm: Readonly<Record<string, number>>;
  readonly cold: number;
  readonly cached: number;
}

/** Agent-scope pairs that questions are drawn from; a smaller bundle has fewer. */
const PAIRS = 500;
const SAMPLES = 20_000;

function measure(): DecideResult {
  const warm: Record<string, number> = {};
  let cold = Number.NaN;
  let cached = Number.NaN;
  for (const [rules, shape] of Object.entries(SHAPES)) {
    const policy = compilePolicy(loadBundle(bundleOf(shape)), { version: 1 });
    if (policy.bundle.rules.length !== Number(rules)) throw new Error('not that many rules');
    const questions = questionsOf(shape, PAIRS);
    // The largest bundle comes last, so these are times of warmed-up code on unseen slices.
    cold = percentile(
      questions.map((question) => timed(() => decided(policy, question))),
      0.5,
    );
    const draw = () => questions[Math.floor(Math.random() * questions.length)] ?? oneOf(questions);
    const decide = () => {
      const question = draw();
      return timed(() => decided(policy, question));
    };
    for (let index = 0; index < SAMPLES / 4; index += 1) decide();
    warm[rules] = percentile(Array.from({ length: SAMPLES }, decide), 0.5);
    cached = fromCache(policy, draw);
  }
  return { warm, cold, cached };
}

function fromCache(policy: Policy, draw: () => DecisionRequest): number {
  // A clock that stands still: entries would otherwise leave after a second.
  const cache = new DecisionCache({ now: () => 0 });
  const decide = () => {
    const question = draw();
    return timed(() => cache.decide(policy, question, 1));
  };
  for (let index = 0; index < SAMPLES; index += 1) decide();
  return percentile(Array.from({ length: SAMPLES }, decide), 0.5);
}

function decided(policy: Policy, question: DecisionRequest): void {
  const { outcome } = policy.decide(question);
  if (outcome !== 'allow') throw new Error(`a permitted question was answered with ${outcome}`);
}

/** Microseconds that `call` takes. */
function timed(call: () => unknown): number {
  const since = process.hrtime.bigint();
  call();
  return Number(process.hrtime.bigint() - since) / 1000;
}

function oneOf(questions: readonly DecisionRequest[]): DecisionRequest {
  const [first] = questions;
  if (first === undefined) throw new Error('no questions');
  return first;
}

process.stdout.write(JSON.stringify(measure()));
