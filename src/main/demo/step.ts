import { type Check, FactFailed } from './check.ts';

/** What is left of a step: printed by `--json`. */
export interface StepRecord {
  readonly step: string;
  readonly title: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly facts: readonly string[];
  readonly shown: readonly string[];
  /** Why it is not `ok`. */
  readonly problem?: string;
}

/** Where the story is told. */
export interface Narrator {
  begin(number: number, title: string): void;
  fact(text: string): void;
  show(lines: readonly string[], most?: number): void;
  end(record: StepRecord): void;
}

/** Runs one step and hands on what it found. */
export type Step = <T>(id: string, title: string, act: (check: Check) => Promise<T>) => Promise<T>;

/**
 * Makes the runner of steps. The first that fails ends the story: it throws an Error whose message
 * names the step and the fact.
 * @param interrupted no step begins once it is aborted
 */
export function createStep(narrator: Narrator, interrupted: AbortSignal): Step {
  let number = 0;
  return async (id, title, act) => {
    interrupted.throwIfAborted();
    number += 1;
    narrator.begin(number, title);
    const facts: string[] = [];
    const shown: string[] = [];
    const started = performance.now();
    const record = (problem?: string) =>
      narrator.end({
        step: id,
        title,
        ok: problem === undefined,
        ms: Math.round(performance.now() - started),
        facts,
        shown,
        ...(problem === undefined ? {} : { problem }),
      });
    const check: Check = {
      that(held, fact, found) {
        interrupted.throwIfAborted();
        if (!held) throw new FactFailed(fact, found);
        facts.push(fact);
        narrator.fact(fact);
      },
      show(lines, most) {
        shown.push(...lines);
        narrator.show(lines, most);
      },
    };
    try {
      const result = await act(check);
      // A step that found nothing has shown nothing either.
      if (facts.length === 0) throw new FactFailed('the step checks something', 'no fact');
      record();
      return result;
    } catch (error) {
      interrupted.throwIfAborted();
      const problem = error instanceof Error ? error.message : String(error);
      record(problem);
      throw new Error(`Step ${number} (${title}) failed: ${problem}`, { cause: error });
    }
  };
}
