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
    const ids = linkedIds(model);
    if (ids.length === 0) {
      this.links = null;
      return;
    }
    const running = new AbortController();
    this.#running = running;
    try {
      const spans = await fetchSpans(model.facts.trace_id, ids, running.signal);
      if (!running.signal.aborted) this.links = readLinks(model, spans);
    } catch {
      // Asked again when the waterfall is shown again; the rows say that there are links.
      if (this.#of === model) this.#of = null;
    }
  }

  stop(): void {
    this.#running?.abort();
  }
}
