/** Log records as they arrive. Nothing is lost without being counted, and nothing moves while the reader looks elsewhere. */
import { readExactly } from '../../api/exact';
import { openTail } from '../../api/search';
import type { LogRecord } from '../../api/types';
import { learnServices } from '../../route/preferences.svelte';

/** So many lines are shown; older ones leave at the top. */
export const SHOWN = 2000;
/** So many wait while the reader has stopped the tail; the oldest of them give way. */
export const WAITING = 5000;
const DRAW_EVERY = 250;

interface Failed {
  code: string;
  message: string;
  missed: boolean;
}

export class Tail {
  lines = $state.raw<readonly LogRecord[]>([]);
  waiting = $state(0);
  paused = $state(false);
  /** Whether the reader stands at the newest line. */
  atEnd = $state(true);
  state = $state<'connecting' | 'open' | 'broken'>('connecting');
  /** Left out by the collector, since more came than a tail can carry. */
  dropped = $state(0);
  /** Given up here: waited too long while the tail stood still. */
  gone = $state(0);
  /** Shown once, and no longer. */
  passed = $state(0);
  arrived = $state(0);
  /** Why the collector cannot read what comes, or what `missed` says; empty once it goes on. */
  failed = $state('');
  /** Whether that is what came while the tail was away. */
  missed = $state(false);
  /** Whether some of what came is left out, since to read it costs more than a query may. */
  limited = $state(false);
  #queue: LogRecord[] = [];
  #lost = '';
  #seen = new Set<string>();
  #source: EventSource | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  start(text: string): () => void {
    const source = openTail({ q: text || null, of: 'logs', since: 'now-30s' });
    this.#source = source;
    source.onopen = () => {
      this.state = 'open';
    };
    source.onerror = () => {
      this.state = source.readyState === EventSource.CLOSED ? 'broken' : 'connecting';
    };
    source.addEventListener('log', (event) => this.#take((event as MessageEvent<string>).data));
    source.addEventListener('dropped', (event) => {
      this.dropped += (JSON.parse((event as MessageEvent<string>).data) as { count: number }).count;
    });
    source.addEventListener('failed', (event) => {
      const told = JSON.parse((event as MessageEvent<string>).data) as Failed;
      const limited = told.code === 'query_limit';
      // It is not asked for again, so what comes next does not mean that it was read.
      if (told.missed && limited) this.#lost = told.message;
      this.limited = this.limited || limited;
      this.missed = told.missed;
      this.failed = told.message;
    });
    // After an interruption what came behind the last position comes again.
    source.addEventListener('position', () => {
      this.#seen.clear();
      this.failed = this.#lost;
      this.missed = this.#lost !== '';
    });
    this.#timer = setInterval(() => this.#draw(), DRAW_EVERY);
    return () => this.stop();
  }

  stop(): void {
    this.#source?.close();
    clearInterval(this.#timer);
  }

  get held(): boolean {
    return this.paused || !this.atEnd;
  }

  /** Shows what has waited, and goes on. */
  resume(): void {
    this.paused = false;
    this.atEnd = true;
    this.#draw();
  }

  #take(data: string): void {
    if (this.#seen.has(data)) return;
    this.#seen.add(data);
    this.#queue.push(readExactly<LogRecord>(data));
    this.arrived++;
    if (this.#queue.length > WAITING) {
      this.#queue.shift();
      this.gone++;
    }
  }

  #draw(): void {
    this.waiting = this.#queue.length;
    if (this.held || this.#queue.length === 0) return;
    const next = [...this.lines, ...this.#queue];
    learnServices(this.#queue.map((log) => log.service));
    this.#queue = [];
    this.waiting = 0;
    this.passed += Math.max(0, next.length - SHOWN);
    this.lines = next.slice(-SHOWN);
  }
}
