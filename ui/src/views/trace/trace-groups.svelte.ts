/** The waterfall's groups of repeated siblings: which are closed. The address is where it is kept. */
import { findGroups } from '../../model/groups';
import { rowOf, spanId, type TraceModel } from '../../model/trace-model';
import { router, setQuerySoon } from '../../route/router.svelte';

/** What decides besides whether repeats are grouped. */
interface Grouped {
  readonly model: TraceModel;
  readonly marks: Uint8Array | null;
  readonly onlyPath: boolean;
}

/** More ids than these would make a link that no chat carries. */
const MOST_OPEN = 40;

export class TraceGroups {
  readonly #of: Grouped;
  /** Ids of the first spans of groups that the reader has opened. */
  #opened = $state.raw<ReadonlySet<string>>(new Set());
  #all = $derived.by(() => findGroups(this.#of.model));
  /** Whether there is anything to group. */
  any = $derived(this.#all.some((after) => after > 0));
  wanted = $derived(router.route.query.get('group') !== 'off');
  /** A search opens all groups, so that every match has its row. */
  #on = $derived.by(() => this.wanted && this.#of.marks === null && !this.#of.onlyPath);
  /** How many rows stand behind the first of each group that is closed now; null where none is. */
  closed = $derived.by(() => {
    if (!this.#on || !this.any) return null;
    const closed = this.#all.slice();
    for (const id of this.#opened) {
      const row = rowOf(this.#of.model, id);
      if (row >= 0) closed[row] = 0;
    }
    return closed;
  });

  constructor(of: Grouped) {
    this.#of = of;
  }

  readAddress(): void {
    this.#opened = new Set((router.route.query.get('open') ?? '').split(',').filter((id) => id !== ''));
  }

  /** How many rows a group has behind its first row, opened or not; 0 where none begins. */
  sizeOf(row: number): number {
    return this.#on ? this.#all[row]! : 0;
  }

  /** Opens or closes the group that begins with a row. */
  toggle(row: number): void {
    const id = spanId(this.#of.model, row);
    const next = new Set(this.#opened);
    if (!next.delete(id)) next.add(id);
    this.#opened = next;
    setQuerySoon({ open: [...next].slice(0, MOST_OPEN).join(',') || null });
  }

  /** Opens the closed group that a row stands in. */
  openAround(row: number): void {
    const { closed } = this;
    if (!closed) return;
    const parent = this.#of.model.parent[row]!;
    for (let first = row; first > parent; first--) {
      const after = closed[first]!;
      if (after === 0) continue;
      if (first < row && first + after >= row) this.toggle(first);
      return;
    }
  }
}
