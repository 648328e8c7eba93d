/** The list of traces that a search has loaded so far. */
import { fetchTraces } from '../../api/client';
import type { TraceList, TraceSummary } from '../../api/types';
import type { ApiParams } from '../../model/search-params';
import { remember, remembered } from '../../route/router.svelte';
import { Resource } from '../../widgets/resource.svelte';

const PAGE = 50;
const CHECK_EVERY = 5000;
/** So many are looked at to count the new ones; when all of them are new there may be more. */
export const LOOKED_AT = 20;

interface Kept {
  key: string;
  list: TraceList;
  traces: readonly TraceSummary[];
  at: number;
}

/** What Back shows again. One list is enough: each entry of the history says which one it had. */
let kept: Kept | null = null;

export class Results {
  first = new Resource<TraceList>();
  more = new Resource<TraceList>();
  traces = $state.raw<readonly TraceSummary[]>([]);
  /** The newest page's list fields: total, reason, cursor. */
  list = $state.raw<TraceList | null>(null);
  /** Traces that came since the list was loaded, where that can be told. */
  fresh = $state(0);
  #params: ApiParams = {};
  #key = '';

  async start(params: ApiParams): Promise<void> {
    const key = JSON.stringify(params);
    this.#params = params;
    this.#key = key;
    this.more.stop();
    this.fresh = 0;
    if (kept?.key === key && remembered('results') === key) {
      this.first.set(kept.list);
      this.first.at = kept.at;
      this.list = kept.list;
      this.traces = kept.traces;
      return;
    }
    await this.first.load((signal) => fetchTraces({ ...params, limit: PAGE }, signal));
    if (this.#key !== key || !this.first.data || this.first.error) return;
    this.list = this.first.data;
    this.traces = this.first.data.traces;
    this.#keep();
  }

  reload = (): void => {
    remember('results', null);
    void this.start(this.#params);
  };

  loadMore = async (): Promise<void> => {
    const cursor = this.list?.next_cursor;
    if (!cursor) return;
    const key = this.#key;
    await this.more.load((signal) => fetchTraces({ ...this.#params, limit: PAGE, cursor }, signal));
    if (this.#key !== key || !this.more.data || this.more.error) return;
    const known = new Set(this.traces.map((trace) => trace.trace_id));
    this.traces = [...this.traces, ...this.more.data.traces.filter((trace) => !known.has(trace.trace_id))];
    this.list = this.more.data;
    this.#keep();
  };

  /** Counts what has come in since; the list itself waits until the reader asks for it. */
  watch(): () => void {
    const timer = setInterval(async () => {
      if (!this.first.data || document.hidden || this.first.loading) return;
      try {
        const now = await fetchTraces({ ...this.#params, limit: LOOKED_AT });
        const known = new Set(this.traces.map((trace) => trace.trace_id));
        this.fresh = now.traces.reduce((sum, trace) => sum + (known.has(trace.trace_id) ? 0 : 1), 0);
      } catch {
        // The bar for a lost collector says it; the list stays.
      }
    }, CHECK_EVERY);
    return () => clearInterval(timer);
  }

  stop(): void {
    this.first.stop();
    this.more.stop();
  }

  #keep(): void {
    if (!this.list) return;
    kept = { key: this.#key, list: this.list, traces: this.traces, at: this.first.at };
    remember('results', this.#key);
  }
}
