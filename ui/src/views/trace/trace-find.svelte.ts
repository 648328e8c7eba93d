/** Find in the trace: the collector looks, in the language of the search, and says which spans it found. */
import { fetchMatches } from '../../api/client';
import { markMatches } from '../../model/span-matches';
import type { TraceModel } from '../../model/trace-model';

export class TraceFind {
  marks = $state.raw<Uint8Array | null>(null);
  /** A sentence about what could not be looked for, or about what was left out. */
  problem = $state('');
  looking = $state(false);
  #running: AbortController | null = null;

  /** Looks for a text in a trace; nothing is looked for where it is empty. */
  async look(model: TraceModel, text: string): Promise<void> {
    this.stop();
    this.problem = '';
    if (text === '') {
      this.marks = null;
      return;
    }
    const running = new AbortController();
    this.#running = running;
    this.looking = true;
    try {
      const found = await fetchMatches(model.facts.trace_id, text, running.signal);
      if (running.signal.aborted) return;
      const { marks, header } = markMatches(model, found);
      this.marks = marks;
      if (header.reason === 'limit') this.problem = `Only the first ${header.returned} that were found are marked.`;
    } catch (error) {
      if (running.signal.aborted) return;
      this.marks = null;
      this.problem = error instanceof Error ? error.message : 'The search failed.';
    } finally {
      if (this.#running === running) this.looking = false;
    }
  }

  stop(): void {
    this.#running?.abort();
    this.looking = false;
  }
}
