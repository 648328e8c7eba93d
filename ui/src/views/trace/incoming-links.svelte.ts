/** Looks for spans of all traces that link to one trace, once for each state of it: when a span is first selected. */
import { fetchFoundSpans } from '../../api/search';
import { type Incoming, incomingParams, readIncoming } from '../../model/incoming-links';
import type { TraceModel } from '../../model/trace-model';
import { Resource } from '../../widgets/resource.svelte';

export class IncomingLinks {
  readonly answer = new Resource<Incoming>();
  #of: TraceModel | null = null;

  look(model: TraceModel): void {
    if (this.#of === model) return;
    this.#of = model;
    // Of rows that have moved the old answer says something wrong.
    this.answer.set(null);
    void this.answer.load(async (signal) =>
      readIncoming(model, await fetchFoundSpans(incomingParams(model.facts), signal)),
    );
  }

  stop(): void {
    if (!this.answer.loading) return;
    this.answer.stop();
    this.#of = null;
  }
}
