/** Whether the log records of a trace have rows of their own in the waterfall. The address is where a choice is kept. */
import { fetchLogs } from '../../api/client';
import type { LogList } from '../../api/types';
import { router, setQuery } from '../../route/router.svelte';

/** Records that are asked for at a time. */
const ASKED = 1000;
/** More records than these would hide the spans: they have rows on a press only. */
const FEW = 200;
/** So long the first rows wait for few records: after that nothing may move any more under who reads them (ADR-0038). */
export const PATIENCE_MS = 1000;

export const askLogs = (traceId: string, signal: AbortSignal, cursor: string | null = null): Promise<LogList> =>
  fetchLogs({ trace_id: traceId, limit: ASKED, cursor }, signal);

export class LogRows {
  #expected: boolean;
  #few: boolean;
  #came = $state(false);
  /** The rows were drawn without the records. */
  #late = $state(false);
  #said = $derived.by(() => router.route.query.get('logs'));
  on = $derived.by(() => (this.#usual ? this.#said !== 'off' : this.#said === 'rows'));
  /** The records will be among the first rows, and are not there yet. */
  waiting = $derived.by(() => this.#expected && this.on && !this.#came && !this.#late);

  /** `count`: how many records the trace had when it was opened. */
  constructor(count: number) {
    this.#few = count <= FEW;
    this.#expected = count > 0;
  }

  /** The records are there. */
  come(): void {
    this.#came = true;
  }

  /** They could not be read, or not in time. */
  miss(): void {
    if (!this.#came) this.#late = true;
  }

  toggle(): void {
    const usual = this.#usual;
    setQuery({ logs: this.on === usual ? (usual ? 'off' : 'rows') : null }, 'replace');
  }

  get #usual(): boolean {
    return this.#few && !this.#late;
  }
}
