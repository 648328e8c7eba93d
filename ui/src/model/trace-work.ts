/** What a worker does for the trace page: models of large traces, their flames, and their calls merged. */
import { type Flame, type FlameSpans, packFlame } from './flame';
import { type MergedCalls, type MergedSpans, mergeCalls } from './left-heavy';
import { buildModel, type TraceModel } from './trace-model';

export type Work = { readonly build: ArrayBuffer } | { readonly pack: FlameSpans } | { readonly merge: MergedSpans };
export type Done = TraceModel | Flame | MergedCalls;

export function done(work: Work): Done {
  if ('build' in work) return buildModel(work.build);
  return 'pack' in work ? packFlame(work.pack) : mergeCalls(work.merge);
}

/** The memory of all arrays in it, which is handed over and not copied. */
export function memory(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const look = (one: unknown): void => {
    if (ArrayBuffer.isView(one)) found.add(one.buffer as ArrayBuffer);
    else if (Array.isArray(one)) {
      if (ArrayBuffer.isView(one[0])) one.forEach(look);
    } else if (one !== null && typeof one === 'object' && !(one instanceof Map)) Object.values(one).forEach(look);
  };
  look(value);
  return [...found];
}
