/** Asks the collector for what some spans of a trace carry, once for each state of the trace. */
import { fetchSpans } from '../../api/client';
import type { SpanDetail } from '../../api/types';
import type { TraceModel } from '../../model/trace-model';

export class AskedSpans<Told> {
  /** null until it is known; the detail of a span shows its own in any case. */
  told = $state.raw<Told | null>(null);
  #of: TraceModel | null = null;
  #running: AbortController | null = null;

  /** `ids` are those of the spans that are asked for, `read` what is taken from them. */
  constructor(
    readonly ids: (model: TraceModel) => string[],
    readonly read: (model: TraceModel, spans: readonly SpanDetail[]) => Told,
  ) {}

  async look(model: TraceModel): Promise<void> {
    if (this.#of === model) return;
    this.stop();
    this.#of = model;
    this.told = null;
    const ids = this.ids(model);
    if (ids.length === 0) return;
    const running = new AbortController();
    this.#running = running;
    try {
      const spans = await fetchSpans(model.facts.trace_id, ids, running.signal);
      if (this.#running !== running) return;
      this.told = this.read(model, spans);
      this.#running = null;
    } catch {
      if (this.#running === running) this.stop();
    }
  }

  /** Ends what runs. What was stopped or has failed is asked again when the waterfall is shown again. */
  stop(): void {
    if (!this.#running) return;
    this.#running.abort();
    this.#running = null;
    this.#of = null;
  }
}
