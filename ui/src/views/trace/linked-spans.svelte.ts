/** Asks the collector for the links of a trace's spans, once for each state of the trace. */
import { fetchSpans } from '../../api/client';
import { linkedIds, readLinks, type TraceLinks } from '../../model/span-arrows';
import type { TraceModel } from '../../model/trace-model';

export class LinkedSpans {
  /** null until they are known; the detail of a span shows its own in any case. */
  links = $state.raw<TraceLinks | null>(null);
  #of: TraceModel | null = null;
  #running: AbortController | null = null;

  async look(model: TraceModel): Promise<void> {
    if (this.#of === model) return;
    this.stop();
    this.#of = model;
    this.links = null;
    const ids = linkedIds(model);
    if (ids.length === 0) return;
    const running = new AbortController();
    this.#running = running;
    try {
      const spans = await fetchSpans(model.facts.trace_id, ids, running.signal);
      if (this.#running !== running) return;
      this.links = readLinks(model, spans);
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
