/** The log records that a search has loaded so far. */
import { fetchLogs } from '../../api/client';
import type { LogList, LogRecord } from '../../api/types';
import type { ApiParams } from '../../model/search-params';
import { learnServices } from '../../route/preferences.svelte';
import { Resource } from '../../widgets/resource.svelte';

const PAGE = 200;
const CHECK_EVERY = 5000;

export class LogResults {
  first = new Resource<LogList>();
  more = new Resource<LogList>();
  logs = $state.raw<readonly LogRecord[]>([]);
  list = $state.raw<LogList | null>(null);
  /** Whether records came that the list does not have. */
  fresh = $state(false);
  #params: ApiParams = {};
  #key = '';

  async start(params: ApiParams): Promise<void> {
    this.#params = params;
    this.#key = JSON.stringify(params);
    const key = this.#key;
    this.more.stop();
    this.fresh = false;
    await this.first.load((signal) => fetchLogs({ ...params, limit: PAGE }, signal));
    if (this.#key !== key || !this.first.data || this.first.error) return;
    this.list = this.first.data;
    this.logs = this.first.data.logs;
    learnServices(this.logs.map((log) => log.service));
  }

  reload = (): void => void this.start(this.#params);

  loadMore = async (): Promise<void> => {
    const cursor = this.list?.next_cursor;
    if (!cursor || this.more.loading) return;
    const key = this.#key;
    await this.more.load((signal) => fetchLogs({ ...this.#params, limit: PAGE, cursor }, signal));
    if (this.#key !== key || !this.more.data || this.more.error) return;
    this.logs = [...this.logs, ...this.more.data.logs];
    this.list = this.more.data;
    learnServices(this.more.data.logs.map((log) => log.service));
  };

  /** Looks for newer records; the list itself waits until the reader asks for them. */
  watch(): () => void {
    const timer = setInterval(async () => {
      if (document.hidden || !this.first.data || this.first.loading || this.#params.sort === 'oldest') return;
      try {
        const newest = (await fetchLogs({ ...this.#params, limit: 1 })).logs[0];
        this.fresh = newest !== undefined && newest.time_unix_nano > (this.logs[0]?.time_unix_nano ?? 0);
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
}
