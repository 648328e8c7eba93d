/** One thing that is fetched: the newest request wins, the old answer stays on the screen until the new one is there. */
import { onReachable, Unreachable } from '../api/client';

export class Resource<T> {
  data = $state.raw<T | null>(null);
  error = $state.raw<unknown>(null);
  loading = $state(false);
  /** Loading for so long that the page should say so. */
  slow = $state(false);
  /** The reader ended the request before it had an answer. */
  cancelled = $state(false);
  /** When the data came, in milliseconds since the epoch. */
  at = $state(0);

  #running: AbortController | null = null;
  #last: ((signal: AbortSignal) => Promise<T>) | null = null;

  /** Call it from an effect: it aborts what still runs and is itself aborted by `stop`. */
  async load(fetcher: (signal: AbortSignal) => Promise<T>): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#last = fetcher;
    this.loading = true;
    this.cancelled = false;
    const timer = setTimeout(() => {
      this.slow = true;
    }, 200);
    try {
      const data = await fetcher(running.signal);
      if (running.signal.aborted) return;
      this.data = data;
      this.error = null;
      this.at = Date.now();
    } catch (error) {
      if (running.signal.aborted) return;
      this.error = error;
    } finally {
      clearTimeout(timer);
      if (this.#running === running) {
        this.loading = false;
        this.slow = false;
      }
    }
  }

  reload = (): void => {
    if (this.#last) void this.load(this.#last);
  };

  set(data: T | null): void {
    this.#running?.abort();
    this.data = data;
    this.error = null;
    this.loading = false;
    this.slow = false;
    this.cancelled = false;
  }

  stop(): void {
    this.#running?.abort();
    this.loading = false;
    this.slow = false;
  }

  cancel = (): void => {
    this.stop();
    this.cancelled = true;
  };

  /** Tries again as soon as the collector answers; returns its own removal. */
  retryWhenBack(again: () => void = this.reload): () => void {
    return onReachable((reachable) => {
      if (reachable && this.error instanceof Unreachable && !this.loading) again();
    });
  }
}
