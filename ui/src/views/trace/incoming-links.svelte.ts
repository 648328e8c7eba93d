/** Looks for spans of all traces that link to one trace, once for each state that was fetched: when a span is first selected. */
import { fetchFoundSpans } from '../../api/search';
import type { SpanList } from '../../api/types';
import { incomingParams } from '../../model/incoming-links';
import type { TraceModel } from '../../model/trace-model';
import { Resource } from '../../widgets/resource.svelte';

export class IncomingLinks {
  readonly answer = new Resource<SpanList>();
  #of: TraceModel | null = null;

  /** `sent`: the trace as it was fetched; by which clock its times are drawn does not matter. */
  look(sent: TraceModel): void {
    if (this.#of === sent) return;
    this.#of = sent;
    void this.answer.load((signal) => fetchFoundSpans(incomingParams(sent.facts), signal));
  }

  stop(): void {
    if (!this.answer.loading) return;
    this.answer.stop();
    this.#of = null;
  }
}
