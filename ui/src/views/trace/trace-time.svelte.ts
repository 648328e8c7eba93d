/** Which time of the trace is shown, and how it lies on the axis. The address is where it is kept. */
import { findIdleGaps } from '../../model/idle-gaps';
import { isOpen } from '../../model/open-spans';
import {
  type Axis,
  clamp,
  formatView,
  isWhole,
  parseView,
  TimeScale,
  type View,
  within,
} from '../../model/timeline-scale';
import type { TraceModel } from '../../model/trace-model';
import { ZoomSteps } from '../../model/zoom-steps';
import { router, setQuery, setQuerySoon } from '../../route/router.svelte';
import type { TraceOpen } from './trace-open.svelte';

/** How far spans that have not ended are drawn. */
type Drawn = Pick<TraceOpen, 'now' | 'until'>;

export class TraceTime {
  readonly #model: () => TraceModel;
  readonly #open: Drawn;
  readonly #steps = new ZoomSteps();
  /** Null for the whole, also when the trace grows. */
  #chosen = $state.raw<View | null>(null);
  /** Width of the time axis in pixels, as the view that is open has it. */
  chart = $state(1000);
  /** The whole trace, and up to now where some of it may still run. */
  bounds = $derived.by<View>(() => {
    const { bounds } = this.#model();
    const { now } = this.#open;
    return now === null || now <= bounds.end ? bounds : { start: bounds.start, end: now };
  });
  view = $derived(this.#chosen ? clamp(this.#chosen, this.bounds) : this.bounds);
  whole = $derived(isWhole(this.view, this.bounds));
  /** Stretches in which none of the trace's spans runs. */
  gaps = $derived.by(() => findIdleGaps(this.#model()));
  collapsed = $derived(this.gaps.length > 0 && router.route.query.get('gaps') === 'collapsed');
  axis = $derived<Axis>({ bounds: this.bounds, gaps: this.collapsed ? this.gaps : [] });
  scale = $derived(new TimeScale(this.axis, this.view, this.chart));

  constructor(model: () => TraceModel, open: Drawn) {
    this.#model = model;
    this.#open = open;
  }

  readAddress(): void {
    this.#chosen = parseView(router.route.query.get('zoom'), this.bounds);
  }

  /** What the reader has zoomed to is the same time where the trace counts from later. */
  countLater(by: number): void {
    if (by === 0) return;
    this.#steps.later(by);
    if (!this.#chosen) return;
    const { start, end } = this.#chosen;
    this.#chosen = within({ start: start - by, end: end - by }, this.bounds);
    setQuery({ zoom: this.#chosen ? formatView(this.#chosen) : null }, 'replace');
  }

  /** What the reader has zoomed to; null for the whole. */
  get chosen(): View | null {
    return this.#chosen;
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
    const next = clamp(view, this.bounds);
    this.#chosen = isWhole(next, this.bounds) ? null : next;
    setQuerySoon({ zoom: this.#chosen ? formatView(next) : null });
  }

  zoomToRow(row: number): void {
    const model = this.#model();
    const { start, duration } = model;
    const length = Math.max(isOpen(model, row) ? this.#open.until(row) - start[row]! : duration[row]!, 1);
    this.zoom({ start: start[row]! - length * 0.05, end: start[row]! + length * 1.15 });
  }

  toggleGaps(): void {
    setQuery({ gaps: this.collapsed ? null : 'collapsed' }, 'replace');
  }
}
