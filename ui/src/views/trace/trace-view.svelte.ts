/** What the trace page shows: the trace, the fold, the zoom, the selection. The address is where it is kept. */
import type { LogRecord } from '../../api/types';
import { corrected, laterBy, shifts } from '../../model/corrected-clocks';
import { findGhosts, orphanIds, readReasons, withGhosts } from '../../model/lost-parents';
import { perRow } from '../../model/per-row';
import { intoLanes } from '../../model/service-lanes';
import { linkedIds, readLinks } from '../../model/span-arrows';
import { findLog, formatFold, logName, logsByRow, parseFold } from '../../model/trace-address';
import {
  childCover,
  FLAG,
  nextRow,
  pathSections,
  rowOf,
  skewOf,
  spanId,
  type TraceModel,
} from '../../model/trace-model';
import {
  foldSubtree,
  foldToLevel,
  reveal,
  shownLevel,
  visibleRows,
  withAncestors,
  withLogs,
} from '../../model/tree-fold';
import { router, setQuery, setQuerySoon } from '../../route/router.svelte';
import { AskedSpans } from './asked-spans.svelte';
import { IncomingLinks } from './incoming-links.svelte';
import { TraceFind } from './trace-find.svelte';
import { TraceGroups } from './trace-groups.svelte';
import { TraceLanes } from './trace-lanes.svelte';
import { LogRows } from './trace-log-rows.svelte';
import { TraceOpen } from './trace-open.svelte';
import { TraceTime } from './trace-time.svelte';

export class TraceView {
  /** As it was sent. */
  sent = $state.raw<TraceModel>(undefined as never);
  /** Whether times are shown by the clock of the root's host. */
  corrected = $derived(router.route.query.get('clocks') === 'corrected' && shifts(this.sent) !== null);
  model = $derived(this.corrected ? corrected(this.sent) : this.sent);
  folded = $state.raw<Uint8Array>(new Uint8Array());
  logs = $state.raw<readonly LogRecord[]>([]);
  /** Counts requests to bring the selected row into sight; the view never scrolls on its own otherwise. */
  reveals = $state(0);

  find = $derived(router.route.query.get('find') ?? '');
  readonly finding = new TraceFind();
  readonly lanes = new TraceLanes(() => this.model);
  readonly open = new TraceOpen(() => this.model);
  readonly time = new TraceTime(() => this.model, this.open);
  readonly groups = new TraceGroups(this);
  readonly linked = new AskedSpans(linkedIds, readLinks);
  /** Why each lost parent is missing. */
  readonly lost = new AskedSpans(orphanIds, readReasons);
  readonly incoming = new IncomingLinks();
  readonly lines: LogRows;
  ghosts = $derived(findGhosts(this.model));
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
  /** Where the children of a row run. */
  cover = $derived.by(() => {
    const { model } = this;
    return perRow((row) => childCover(model, row));
  });
  /** The sections of a row on the critical path. */
  sections = $derived.by(() => {
    const { model } = this;
    return perRow((row) => pathSections(model, row));
  });
  logsOf = $derived(logsByRow(this.model, this.logs));
  logTimes = $derived(
    Float64Array.from(this.logs, (log) => {
      const row = this.corrected ? rowOf(this.model, log.span_id) : -1;
      const moved = row < 0 ? 0 : skewOf(this.model, row);
      return log.time_unix_nano + moved - this.model.facts.start_time_unix_nano;
    }),
  );
  logRows = $derived.by(() => this.lines.on && this.logs.length > 0);
  /** Lanes are shut, not folded: what is folded in the tree is shown in them. */
  #spanRows = $derived(
    visibleRows(
      this.model,
      this.lanes.on ? new Uint8Array(this.model.size) : this.folded,
      this.#keep,
      this.groups.closed,
    ),
  );
  #laid = $derived(
    this.lanes.on
      ? intoLanes(this.model, this.#spanRows, this.lanes.shut)
      : withGhosts(this.model, this.ghosts, this.#spanRows),
  );
  /** What the waterfall shows, as `waterfall-entries.ts` writes it. */
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

  /** By how much a row is drawn later than it was sent. */
  movedBy(row: number): number {
    return this.model.start[row]! - this.sent.start[row]!;
  }

  isSpan(entry: number): boolean {
    return entry >= 0 && entry < this.model.size;
  }

  isLog(entry: number): boolean {
    return entry >= this.model.size;
  }

  constructor(model: TraceModel) {
    this.lines = new LogRows(model.facts.log_count);
    this.sent = model;
    this.readAddress();
    if (this.selected >= 0) this.#bring(this.selected);
  }

  /** Takes fold and zoom from the address: at the start, and on Back and Forward. */
  readAddress(): void {
    const query = router.route.query;
    if (formatFold(this.model, this.folded) !== query.get('fold') || this.folded.length !== this.model.size) {
      this.folded = parseFold(this.model, query.get('fold'));
    }
    this.groups.readAddress();
    this.time.readAddress();
  }

  /** A newer state of the same trace: the reader's fold, zoom and selection stay. */
  renew(model: TraceModel): void {
    const before = this.model;
    const folded = new Uint8Array(model.size);
    for (let row = 0; row < before.size; row++) {
      const now = this.folded[row] ? rowOf(model, spanId(before, row)) : -1;
      if (now >= 0) folded[now] = 1;
    }
    this.sent = model;
    this.folded = folded;
    this.#follow(before);
  }

  /** To times by the clock of the root's host, or back to those that were sent. */
  toggleClocks(): void {
    const before = this.model;
    setQuery({ clocks: this.corrected ? null : 'corrected' }, 'replace');
    this.#follow(before);
  }

  /** Keeps showing the same time where the trace counts from another moment than before. */
  #follow(before: TraceModel): void {
    this.open.look();
    this.time.countLater(laterBy(before.facts, this.model.facts));
  }

  /** Selects what a row of the waterfall shows. */
  selectEntry(entry: number): void {
    if (entry < 0) return;
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
    this.groups.openAround(row);
    this.reveals++;
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

  /** Shown, then alone, then not at all. */
  nextPath(): void {
    setQuery({ path: this.onlyPath ? 'off' : this.path ? 'only' : null }, 'replace');
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
