/** A list that is loaded page by page: what was loaded so far, and how many newer items wait. */
import type { ApiParams } from '../../model/search-params';
import { remember, remembered } from '../../route/router.svelte';
import { Resource } from '../resource.svelte';

/** What every list of the API says of itself. */
export interface Listing {
  readonly total: number;
  readonly total_relation: 'eq' | 'gte';
  readonly reason: 'end' | 'limit';
  readonly next_cursor: string | null;
  readonly rows_scanned: number;
  readonly time: number;
}

export interface Source<Item, List extends Listing> {
  /** Tells its lists from those of other sources in what Back shows again. */
  readonly name: string;
  readonly page: number;
  readonly fetch: (params: ApiParams, signal?: AbortSignal) => Promise<List>;
  readonly items: (list: List) => readonly Item[];
  /** What tells an item from all others. */
  readonly key: (item: Item) => string;
}

const CHECK_EVERY = 5000;
/** So many are looked at to count the new ones; when all of them are new there may be more. */
export const LOOKED_AT = 20;

/** What Back shows again. One list is enough: each entry of the history says which one it had. */
let kept: { key: string; list: unknown; items: readonly unknown[]; at: number } | null = null;

export class PagedList<Item, List extends Listing> {
  first = new Resource<List>();
  more = new Resource<List>();
  items = $state.raw<readonly Item[]>([]);
  /** The newest page's own words: total, reason, cursor. */
  list = $state.raw<List | null>(null);
  /** Items that came since the list was loaded. */
  fresh = $state(0);
  #params: ApiParams = {};
  #key = '';

  constructor(readonly source: Source<Item, List>) {}

  async start(params: ApiParams): Promise<void> {
    const key = `${this.source.name} ${JSON.stringify(params)}`;
    this.#params = params;
    this.#key = key;
    this.more.stop();
    this.fresh = 0;
    if (kept?.key === key && remembered('results') === key) {
      this.list = kept.list as List;
      this.items = kept.items as readonly Item[];
      this.first.set(this.list);
      this.first.at = kept.at;
      return;
    }
    await this.first.load((signal) => this.source.fetch({ ...params, limit: this.source.page }, signal));
    if (this.#key !== key || !this.first.data || this.first.error) return;
    this.list = this.first.data;
    this.items = this.source.items(this.list);
    this.#keep();
  }

  reload = (): void => {
    remember('results', null);
    void this.start(this.#params);
  };

  loadMore = async (): Promise<void> => {
    const cursor = this.list?.next_cursor;
    if (!cursor || this.more.loading) return;
    const key = this.#key;
    await this.more.load((signal) => this.source.fetch({ ...this.#params, limit: this.source.page, cursor }, signal));
    if (this.#key !== key || !this.more.data || this.more.error) return;
    const known = new Set(this.items.map(this.source.key));
    this.items = [
      ...this.items,
      ...this.source.items(this.more.data).filter((item) => !known.has(this.source.key(item))),
    ];
    this.list = this.more.data;
    this.#keep();
  };

  /** Counts what has come in since; the list itself waits until the reader asks for it. */
  watch(): () => void {
    const timer = setInterval(async () => {
      if (!this.first.data || document.hidden || this.first.loading || this.#params.sort === 'oldest') return;
      try {
        const now = await this.source.fetch({ ...this.#params, limit: LOOKED_AT });
        const known = new Set(this.items.map(this.source.key));
        this.fresh = this.source.items(now).reduce((sum, item) => sum + (known.has(this.source.key(item)) ? 0 : 1), 0);
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
    kept = { key: this.#key, list: this.list, items: this.items, at: this.first.at };
    remember('results', this.#key);
  }
}
