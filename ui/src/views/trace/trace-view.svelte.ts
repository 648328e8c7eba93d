/** What the trace page shows: the trace, the fold, the zoom, the selection. The address is where it is kept. */
import type { LogRecord } from '../../api/types';
import { clamp, formatView, isWhole, parseView, type View } from '../../model/timeline-scale';
import { findLog, formatFold, logName, logTicks, parseFold } from '../../model/trace-address';
import { FLAG, nextRow, type TraceModel } from '../../model/trace-model';
import { foldSubtree, foldToLevel, reveal, shownLevel, visibleRows } from '../../model/tree-fold';
import { router, setQuery, setQuerySoon } from '../../route/router.svelte';

export class TraceView {
  model = $state.raw<TraceModel>(undefined as never);
  folded = $state.raw<Uint8Array>(new Uint8Array());
  view = $state.raw<View>({ start: 0, end: 1 });
  logs = $state.raw<readonly LogRecord[]>([]);
  /** Counts requests to bring the selected row into sight; the view never scrolls on its own otherwise. */
  reveals = $state(0);

  rows = $derived(visibleRows(this.model, this.folded));
  selected = $derived(this.model.rowOf.get(router.route.query.get('sel') ?? '') ?? -1);
  selectedLog = $derived(findLog(this.logs, router.route.query.get('log')));
  ticks = $derived(logTicks(this.model, this.logs));
  /** An id in the address that this trace does not hold. */
  strayed = $derived(this.selected < 0 ? router.route.query.get('sel') : null);

  constructor(model: TraceModel) {
    this.model = model;
    this.readAddress();
    if (this.selected >= 0) this.#bring(this.selected);
  }

  /** Takes fold and zoom from the address: at the start, and on Back and Forward. */
  readAddress(): void {
    const query = router.route.query;
    if (formatFold(this.model, this.folded) !== query.get('fold') || this.folded.length !== this.model.size) {
      this.folded = parseFold(this.model, query.get('fold'));
    }
    this.view = parseView(query.get('zoom'), this.model.bounds) ?? this.model.bounds;
  }

  /** A newer state of the same trace: the reader's fold, zoom and selection stay. */
  renew(model: TraceModel): void {
    const before = this.model;
    const folded = new Uint8Array(model.size);
    for (let row = 0; row < before.size; row++) {
      const now = this.folded[row] ? model.rowOf.get(before.spans[row]!.span_id) : undefined;
      if (now !== undefined) folded[now] = 1;
    }
    const whole = isWhole(this.view, before.bounds);
    this.model = model;
    this.folded = folded;
    this.view = whole ? model.bounds : clamp(this.view, model.bounds);
  }

  select(row: number, log: number = -1): void {
    const span = this.model.spans[row];
    setQuery({ sel: span?.span_id ?? null, log: log < 0 ? null : logName(this.logs, log) }, 'replace');
  }

  /** Selects a row and shows it, unfolding what hides it. */
  goTo(row: number, log: number = -1): void {
    this.select(row, log);
    if (row >= 0) this.#bring(row);
  }

  #bring(row: number): void {
    const folded = reveal(this.model, this.folded, row);
    if (folded !== this.folded) this.fold(folded);
    this.reveals++;
  }

  selectLog(index: number): void {
    const log = this.logs[index];
    const row = log?.span_id ? (this.model.rowOf.get(log.span_id) ?? -1) : -1;
    this.goTo(row, index);
  }

  fold(folded: Uint8Array): void {
    this.folded = folded;
    setQuerySoon({ fold: formatFold(this.model, folded) });
  }

  toggle(row: number, all: boolean): void {
    if (this.model.subtree[row] === 0) return;
    if (all) {
      this.fold(foldSubtree(this.model, this.folded, row, !this.folded[row]));
      return;
    }
    const next = this.folded.slice();
    next[row] = next[row] ? 0 : 1;
    this.fold(next);
  }

  /** One level less or more than is shown now. */
  level(by: -1 | 1): void {
    const level = Math.max(0, shownLevel(this.model, this.rows) + by);
    this.fold(level >= this.model.maxDepth ? new Uint8Array(this.model.size) : foldToLevel(this.model, level));
  }

  zoom(view: View): void {
    this.view = clamp(view, this.model.bounds);
    setQuerySoon({ zoom: isWhole(this.view, this.model.bounds) ? null : formatView(this.view) });
  }

  zoomToRow(row: number): void {
    const start = this.model.start[row]!;
    const length = Math.max(this.model.duration[row]!, 1);
    this.zoom({ start: start - length * 0.05, end: start + length * 1.15 });
  }

  nextError(direction: 1 | -1): void {
    const from = this.selected < 0 ? (direction > 0 ? -1 : this.model.size) : this.selected;
    const row = nextRow(this.model.size, from, direction, (at) => (this.model.flags[at]! & FLAG.error) !== 0);
    if (row >= 0) this.goTo(row);
  }
}
