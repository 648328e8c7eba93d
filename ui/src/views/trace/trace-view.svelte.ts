/** What the trace page shows: the trace, the fold, the zoom, the selection. The address is where it is kept. */
import type { LogRecord } from '../../api/types';
import { findGroups } from '../../model/groups';
import { findIdleGaps } from '../../model/idle-gaps';
import { intoLanes, isHeading } from '../../model/service-lanes';
import { type Axis, clamp, formatView, isWhole, parseView, TimeScale, type View } from '../../model/timeline-scale';
import { findLog, formatFold, logName, logsByRow, parseFold } from '../../model/trace-address';
import { childCover, FLAG, nextRow, pathSections, rowOf, spanId, type TraceModel } from '../../model/trace-model';
import {
  foldSubtree,
  foldToLevel,
  reveal,
  shownLevel,
  visibleRows,
  withAncestors,
  withLogs,
} from '../../model/tree-fold';
import { ZoomSteps } from '../../model/zoom-steps';
import { router, setQuery, setQuerySoon } from '../../route/router.svelte';
import { LinkedSpans } from './linked-spans.svelte';
import { TraceFind } from './trace-find.svelte';
import { TraceLanes } from './trace-lanes.svelte';

export class TraceView {
  model = $state.raw<TraceModel>(undefined as never);
  folded = $state.raw<Uint8Array>(new Uint8Array());
  view = $state.raw<View>({ start: 0, end: 1 });
  /** Width of the time axis in pixels, as the view that is open has it. */
  chart = $state(1000);
  /** Stretches in which none of the trace's spans runs. */
  gaps = $derived(findIdleGaps(this.model));
  collapsed = $derived(this.gaps.length > 0 && router.route.query.get('gaps') === 'collapsed');
  axis = $derived<Axis>({ bounds: this.model.bounds, gaps: this.collapsed ? this.gaps : [] });
  scale = $derived(new TimeScale(this.axis, this.view, this.chart));
  logs = $state.raw<readonly LogRecord[]>([]);
  /** Counts requests to bring the selected row into sight; the view never scrolls on its own otherwise. */
  reveals = $state(0);

  /** First rows of groups that the reader has opened. */
  opened = $state.raw<ReadonlySet<string>>(new Set());

  find = $derived(router.route.query.get('find') ?? '');
  readonly finding = new TraceFind();
  readonly lanes = new TraceLanes(() => this.model);
  readonly linked = new LinkedSpans();
  readonly #steps = new ZoomSteps();
  /** 1 for each row that was found; null while nothing is looked for. */
  marks = $derived(this.find !== '' && this.finding.marks?.length === this.model.size ? this.finding.marks : null);
  matches = $derived(this.marks ? this.marks.reduce((sum, mark) => sum + mark, 0) : 0);
  onlyMatches = $derived(router.route.query.get('only') === 'matches' && this.marks !== null);
  path = $derived(this.model.hasPath && router.route.query.get('path') !== 'off');
  onlyPath = $derived(this.path && router.route.query.get('path') === 'only');
  /** The rows that are kept; null for all. */
  #keep = $derived.by(() => {
    if (!this.onlyMatches && !this.onlyPath) return null;
    const marked = Uint8Array.from({ length: this.model.size }, (_, row) =>
      (this.onlyMatches && !this.marks![row]) || (this.onlyPath && this.model.critical[row] === 0) ? 0 : 1,
    );
    return withAncestors(this.model, marked);
  });
  /** Rows that do not match are drawn pale while something is looked for. */
  faded = $derived(this.marks && this.matches > 0 ? this.marks.map((mark) => 1 - mark) : null);
  #allGroups = $derived(findGroups(this.model));
  repeats = $derived(this.#allGroups.some((after) => after > 0));
  grouping = $derived(router.route.query.get('group') !== 'off');
  /** Groups that are closed now: a search opens them all, so that every match has its row. */
  groups = $derived.by(() => {
    if (!this.grouping || this.marks !== null || this.onlyPath || !this.repeats) return null;
    const closed = this.#allGroups.slice();
    for (const id of this.opened) {
      const row = rowOf(this.model, id);
      if (row >= 0) closed[row] = 0;
    }
    return closed;
  });
  #covers = $derived.by(() => {
    void this.model;
    return new Map<number, Float64Array>();
  });
  /** Where the children of a row run; counted once for each row that is drawn. */
  cover = (row: number): Float64Array => {
    let found = this.#covers.get(row);
    if (!found) {
      found = childCover(this.model, row);
      this.#covers.set(row, found);
    }
    return found;
  };
  #sections = $derived.by(() => {
    void this.model;
    return new Map<number, Float64Array>();
  });
  /** The sections of a row on the critical path; cut out once for each row that is drawn. */
  sections = (row: number): Float64Array => {
    let found = this.#sections.get(row);
    if (!found) {
      found = pathSections(this.model, row);
      this.#sections.set(row, found);
    }
    return found;
  };
  logsOf = $derived(logsByRow(this.model, this.logs));
  logTimes = $derived(
    Float64Array.from(this.logs, (log) => log.time_unix_nano - this.model.facts.start_time_unix_nano),
  );
  logRows = $derived(router.route.query.get('logs') === 'rows' && this.logs.length > 0);
  /** Lanes are shut, not folded: what is folded in the tree is shown in them. */
  #spanRows = $derived(
    visibleRows(this.model, this.lanes.on ? new Uint8Array(this.model.size) : this.folded, this.#keep, this.groups),
  );
  #laid = $derived(this.lanes.on ? intoLanes(this.model, this.#spanRows, this.lanes.shut) : this.#spanRows);
  /** What the waterfall shows: rows of spans, above `model.size` records of logs, below zero headings of lanes. */
  rows = $derived(this.logRows ? withLogs(this.model, this.#laid, this.logsOf) : this.#laid);
  #places = $derived.by(() => {
    const places = new Int32Array(this.model.size + this.logs.length).fill(-1);
    for (let index = 0; index < this.rows.length; index++) places[this.rows[index]!] = index;
    return places;
  });
  selected = $derived(rowOf(this.model, router.route.query.get('sel')));
  selectedLog = $derived(findLog(this.logs, router.route.query.get('log')));
  /** What the waterfall brings into sight: the log record where it has a row, else the span. */
  selectedEntry = $derived(this.logRows && this.selectedLog >= 0 ? this.model.size + this.selectedLog : this.selected);
  /** An id in the address that this trace does not hold. */
  strayed = $derived(this.selected < 0 ? router.route.query.get('sel') : null);

  /** Index into `rows`; -1 for what is hidden. */
  placeOf = (entry: number): number => (entry < 0 ? -1 : (this.#places[entry] ?? -1));

  isLog(entry: number): boolean {
    return entry >= this.model.size;
  }

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
    this.opened = new Set((query.get('open') ?? '').split(',').filter((id) => id !== ''));
    this.view = parseView(query.get('zoom'), this.model.bounds) ?? this.model.bounds;
  }

  /** A newer state of the same trace: the reader's fold, zoom and selection stay. */
  renew(model: TraceModel): void {
    const before = this.model;
    const folded = new Uint8Array(model.size);
    for (let row = 0; row < before.size; row++) {
      const now = this.folded[row] ? rowOf(model, spanId(before, row)) : -1;
      if (now >= 0) folded[now] = 1;
    }
    const whole = isWhole(this.view, before.bounds);
    this.model = model;
    this.folded = folded;
    this.view = whole ? model.bounds : clamp(this.view, model.bounds);
  }

  /** Selects what a row of the waterfall shows. */
  selectEntry(entry: number): void {
    if (isHeading(entry)) return;
    if (!this.isLog(entry)) this.select(entry);
    else this.select(this.#rowOfLog(entry - this.model.size), entry - this.model.size);
  }

  #rowOfLog(index: number): number {
    return rowOf(this.model, this.logs[index]?.span_id);
  }

  select(row: number, log: number = -1): void {
    setQuery(
      { sel: row < 0 ? null : spanId(this.model, row), log: log < 0 ? null : logName(this.logs, log) },
      'replace',
    );
  }

  /** Selects a row and shows it, unfolding what hides it. */
  goTo(row: number, log: number = -1): void {
    this.select(row, log);
    if (row >= 0) this.#bring(row);
  }

  #bring(row: number): void {
    const service = this.model.service[row]!;
    if (this.lanes.on && this.lanes.shut.has(service)) this.lanes.toggle(service);
    const folded = this.lanes.on ? this.folded : reveal(this.model, this.folded, row);
    if (folded !== this.folded) this.fold(folded);
    this.#openGroupOf(row);
    this.reveals++;
  }

  #openGroupOf(row: number): void {
    if (!this.groups) return;
    const parent = this.model.parent[row]!;
    for (let first = row; first > parent; first--) {
      const after = this.groups[first]!;
      if (after === 0) continue;
      if (first < row && first + after >= row) this.toggleGroup(first);
      return;
    }
  }

  /** Opens or closes the group that begins with a row. */
  toggleGroup(row: number): void {
    const id = spanId(this.model, row);
    const next = new Set(this.opened);
    if (!next.delete(id)) next.add(id);
    this.opened = next;
    setQuerySoon({ open: [...next].slice(0, 40).join(',') || null });
  }

  /** How many rows a group has behind its first row, opened or not; 0 where none begins. */
  groupSize(row: number): number {
    return this.grouping && this.marks === null && !this.onlyPath ? this.#allGroups[row]! : 0;
  }

  selectLog(index: number): void {
    this.goTo(this.#rowOfLog(index), index);
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
    if (this.lanes.on) {
      this.lanes.toggleAll(by < 0);
      return;
    }
    const level = Math.max(0, shownLevel(this.model, this.#spanRows) + by);
    this.fold(level >= this.model.maxDepth ? new Uint8Array(this.model.size) : foldToLevel(this.model, level));
  }

  zoom(view: View): void {
    this.#steps.leave(this.view, performance.now());
    this.#show(view);
  }

  /** To the view before the last zoom. */
  zoomBack(): void {
    const view = this.#steps.back();
    if (view) this.#show(view);
  }

  #show(view: View): void {
    this.view = clamp(view, this.model.bounds);
    setQuerySoon({ zoom: isWhole(this.view, this.model.bounds) ? null : formatView(this.view) });
  }

  zoomToRow(row: number): void {
    const start = this.model.start[row]!;
    const length = Math.max(this.model.duration[row]!, 1);
    this.zoom({ start: start - length * 0.05, end: start + length * 1.15 });
  }

  toggleGaps(): void {
    setQuery({ gaps: this.collapsed ? null : 'collapsed' }, 'replace');
  }

  /** Shown, then alone, then not at all. */
  nextPath(): void {
    setQuery({ path: this.onlyPath ? 'off' : this.path ? 'only' : null }, 'replace');
  }

  toggleLogRows(): void {
    setQuery({ logs: router.route.query.get('logs') === 'rows' ? null : 'rows' }, 'replace');
  }

  nextError(direction: 1 | -1): void {
    this.#goToNext(direction, (at) => (this.model.flags[at]! & FLAG.error) !== 0);
  }

  nextMatch(direction: 1 | -1): void {
    if (this.marks) this.#goToNext(direction, (at) => this.marks![at] === 1);
  }

  #goToNext(direction: 1 | -1, test: (row: number) => boolean): void {
    const from = this.selected < 0 ? (direction > 0 ? -1 : this.model.size) : this.selected;
    const row = nextRow(this.model.size, from, direction, test);
    if (row >= 0) this.goTo(row);
  }
}
