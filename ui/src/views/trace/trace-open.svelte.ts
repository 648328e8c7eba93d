/** Spans that have not ended: they grow while the trace is looked at. */
import { lastSign, nowOf } from '../../model/open-spans';
import { perRow } from '../../model/per-row';
import type { TraceModel } from '../../model/trace-model';

const EVERY = 250;
/** Larger traces are not drawn anew four times a second. */
const MOST_ANIMATED = 5000;

export class TraceOpen {
  readonly #model: () => TraceModel;
  /** In nanoseconds since the trace's start; null where nothing is taken to run. */
  now = $state<number | null>(null);
  /** Up to when a row that has not ended is drawn. */
  until = $derived.by(() => {
    const { now } = this;
    const model = this.#model();
    return now === null ? perRow((row: number) => lastSign(model, row)) : () => now;
  });

  constructor(model: () => TraceModel) {
    this.#model = model;
  }

  look(): void {
    this.now = nowOf(this.#model(), Date.now() * 1e6);
  }

  /** Lets open spans grow; without motion they reach to when the trace came. Returns what ends it. */
  watch(model: TraceModel): () => void {
    this.look();
    if (this.now === null || model.size > MOST_ANIMATED || matchMedia('(prefers-reduced-motion: reduce)').matches)
      return () => {};
    const timer = setInterval(() => {
      if (!document.hidden) this.look();
    }, EVERY);
    return () => clearInterval(timer);
  }
}
