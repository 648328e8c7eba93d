/** A list that is loaded page by page: what was loaded so far, and how many newer items wait. */
import { type Coverage, fetchLines, type Lines, type Progress } from '../../api/lines';
import type { ApiParams } from '../../model/search-params';
import { remember, remembered } from '../../route/router.svelte';
import { Resource } from '../resource.svelte';

export interface Source<Item> {
  readonly name: 'traces' | 'spans' | 'logs';
  readonly page: number;
  /** What tells an item from all others. */
  readonly key: (item: Item) => string;
}

const CHECK_EVERY = 5000;
/** So many are looked at to count the new ones; when all of them are new there may be more. */
export const LOOKED_AT = 20;

/** What Back shows again. One list is enough: each entry of the history says which one it had. */
let kept: { key: string; list: Coverage; items: readonly unknown[]; at: number } | null = null;

export class PagedList<Item extends object> {
  first = new Resource<Lines<Item>>();
  more = new Resource<Lines<Item>>();
  items = $state.raw<readonly Item[]>([]);
  /** The newest page's own words: total, reason, cursor. */
  list = $state.raw<Coverage | null>(null);
  /** `items` are the beginning of a list of which the rest is still being looked for. */
  partly = $state(false);
  /** How far the search is that goes on; null before its first part is answered. */
  progress = $state.raw<Progress | null>(null);
  /** Items that came since the list was loaded. */
  fresh = $state(0);
  #params: ApiParams = {};
  #key = '';

  constructor(readonly source: Source<Item>) {}

  async start(params: ApiParams): Promise<void> {
    const key = `${this.source.name} ${JSON.stringify(params)}`;
    // What is on the screen is not torn down to be built up again.
    const again = this.#key === key && this.list !== null;
    this.#params = params;
    this.#key = key;
    this.more.stop();
    this.fresh = 0;
    this.partly = false;
    this.progress = null;
    if (kept?.key === key && remembered('results') === key) {
      this.list = kept.list;
      this.items = kept.items as readonly Item[];
      this.first.set({ items: this.items, coverage: kept.list });
      this.first.at = kept.at;
      return;
    }
    const before = this.first.data;
    await this.first.load((signal) =>
      this.#ask({ limit: this.source.page }, signal, (items, progress) => {
        if (signal.aborted) return;
        this.progress = progress;
        if (again || items.length === 0) return;
        this.items = items;
        this.partly = true;
      }),
    );
    if (this.#key !== key || this.first.loading) return;
    const { data } = this.first;
    // Where it was ended or has failed there is what was there before.
    if (data && data !== before) {
      this.list = data.coverage;
      this.items = data.items;
      this.#keep();
    } else if (this.partly) {
      // What was there before has given way to it.
      this.list = null;
      this.items = [];
    }
    this.partly = false;
  }

  #ask(
    page: ApiParams,
    signal?: AbortSignal,
    found?: (items: readonly Item[], progress: Progress | null) => void,
  ): Promise<Lines<Item>> {
    return fetchLines(this.source.name, { ...this.#params, ...page }, found, signal);
  }

  reload = (): void => {
    remember('results', null);
    void this.start(this.#params);
  };

  loadMore = async (): Promise<void> => {
    const cursor = this.list?.next_cursor;
    if (!cursor || this.more.loading) return;
    const key = this.#key;
    await this.more.load((signal) => this.#ask({ limit: this.source.page, cursor }, signal));
    if (this.#key !== key || !this.more.data || this.more.error) return;
    const known = new Set(this.items.map(this.source.key));
    this.items = [...this.items, ...this.more.data.items.filter((item) => !known.has(this.source.key(item)))];
    this.list = this.more.data.coverage;
    this.#keep();
  };

  /** Counts what has come in since; the list itself waits until the reader asks for it. */
  watch(): () => void {
    const timer = setInterval(async () => {
      if (!this.first.data || document.hidden || this.first.loading || this.#params.sort === 'oldest') return;
      const key = this.#key;
      try {
        const { items } = await this.#ask({ limit: LOOKED_AT });
        // What another search has found since is not new to this one.
        if (this.#key !== key || this.first.loading) return;
        const known = new Set(this.items.map(this.source.key));
        this.fresh = items.reduce((sum, item) => sum + (known.has(this.source.key(item)) ? 0 : 1), 0);
      } catch {
        // The bar for a lost collector says it; the list stays.
      }
    }, CHECK_EVERY);
    return () => clearInterval(timer);
  }

  /** Looks anew as soon as the collector answers; returns its own removal. */
  retryWhenBack(): () => void {
    return this.first.retryWhenBack(this.reload);
  }

  stop(): void {
    this.first.stop();
    this.more.stop();
  }

  #keep(): void {
    if (!this.list) return;
    kept = { key: this.#key, list: this.list, items: this.items, at: this.first.at };
    remember('results', this.#key);
  }
}
