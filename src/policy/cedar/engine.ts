import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import type * as CedarModule from '@cedar-policy/cedar-wasm/nodejs';

type Cedar = typeof CedarModule;

const MODULE = '@cedar-policy/cedar-wasm/nodejs';
// V8 before 13 (Node 20) aborts the whole process when optimised code that inlined a call into
// WebAssembly is discarded while that call runs, and Cedar's calls return what triggers it.
// Not inlining them costs nothing measurable.
if (Number.parseInt(process.versions.v8, 10) < 13) {
  setFlagsFromString('--no-turbo-inline-js-wasm-calls');
}

// Each compilation task keeps the memory it once needed: one instead of one per core saves some 40 MB.
setFlagsFromString('--wasm-num-compilation-tasks=1');

let instance: Cedar | undefined;
let generation = 0;

/**
 * A WebAssembly trap (a stack overflow in the parser, say) leaves the instance broken: every later
 * call fails. So a call that throws costs the instance, and the next one gets a fresh one, with none
 * of the prepared sets: their holders watch {@link cedarGeneration}.
 */
export function withCedar<T>(call: (cedar: Cedar) => T): T {
  instance ??= load();
  try {
    return call(instance);
  } catch (cause) {
    instance = undefined;
    generation += 1;
    throw cause;
  }
}

/** Grows whenever the prepared sets were lost. */
export function cedarGeneration(): number {
  return generation;
}

function load(): Cedar {
  // A new `require` each time: an old one would keep the broken module (and its memory) as a child.
  const require = createRequire(import.meta.url);
  delete require.cache[require.resolve(MODULE)];
  return require(MODULE) as Cedar;
}
