/**
 * The time axis: nanoseconds since the trace's start ↔ pixels; zoom, pan and round ticks.
 *
 * Time is linear, but for the gaps that the axis collapses: each of those is as wide as the others, however long it is.
 */

export interface View {
  readonly start: number;
  readonly end: number;
}

/** A stretch of time, in nanoseconds since the trace's start. */
export type Gap = View;

/** The whole of a trace, and the gaps in it that are drawn as breaks: in order, apart, and inside of it. */
export interface Axis {
  readonly bounds: View;
  readonly gaps: readonly Gap[];
}

/** Width of a break in pixels; where there is little room all of them together take no more than half of it. */
export const BREAK = 28;

/** Below this share of the whole, doubles would begin to lose whole nanoseconds on screen. */
const DEEPEST = 2 ** -40;

export class TimeScale {
  /** Nanoseconds to a pixel, outside of breaks. */
  readonly rate: number;
  readonly #gaps: readonly Gap[];
  readonly #size: number;

  constructor(
    readonly axis: Axis,
    readonly view: View,
    readonly width: number,
  ) {
    this.#size = axis.gaps.length === 0 ? 0 : Math.min(BREAK, width / 2 / axis.gaps.length);
    // Inside of a gap, where the address may lead, there is nothing else to be drawn to a scale.
    this.#gaps = axis.gaps.some((gap) => gap.start <= view.start && gap.end >= view.end) ? [] : axis.gaps;
    this.rate = this.#rateOf(view);
  }

  /** The breaks in sight, with their edges in pixels. */
  get breaks(): { gap: Gap; from: number; to: number }[] {
    return this.#gaps
      .filter((gap) => gap.end > this.view.start && gap.start < this.view.end)
      .map((gap) => ({ gap, from: this.x(gap.start), to: this.x(gap.end) }));
  }

  x(ns: number): number {
    const { start, end } = this.view;
    if (this.#gaps.length === 0) return ((ns - start) / (end - start)) * this.width;
    const [time, breaks] = this.#between(Math.min(start, ns), Math.max(start, ns));
    const pixels = time / this.rate + breaks * this.#size;
    return ns < start ? -pixels : pixels;
  }

  ns(x: number): number {
    const { start, end } = this.view;
    return this.#gaps.length === 0 ? start + (x / this.width) * (end - start) : this.#walk(start, x, this.rate);
  }

  /** Zooms by `factor` (below 1 is closer) and keeps what is at a pixel where it stands. */
  zoom(factor: number, x = this.width / 2): View {
    const rate = Math.max(this.rate * factor, this.#least / this.width);
    if (rate >= this.#rateOf(this.axis.bounds)) return this.axis.bounds;
    const at = this.ns(x);
    return this.#inside(this.#walk(at, -x, rate), this.#walk(at, this.width - x, rate), rate);
  }

  pan(pixels: number): View {
    const { start, end } = this.view;
    return this.#inside(this.#walk(start, pixels, this.rate), this.#walk(end, pixels, this.rate), this.rate);
  }

  /** The same length on the screen, moved into the bounds. */
  #inside(start: number, end: number, rate: number): View {
    const { bounds } = this.axis;
    if (start < bounds.start)
      return clamp({ start: bounds.start, end: this.#walk(bounds.start, this.width, rate) }, bounds);
    if (end > bounds.end) return clamp({ start: this.#walk(bounds.end, -this.width, rate), end: bounds.end }, bounds);
    return clamp({ start, end }, bounds);
  }

  get #least(): number {
    return leastOf(this.axis.bounds);
  }

  #rateOf(view: View): number {
    const [time, breaks] = this.#between(view.start, view.end);
    return Math.max(time, Number.MIN_VALUE) / (this.width - breaks * this.#size);
  }

  /** The time from one moment to a later one without gaps, and how many gaps are between them, with fractions. */
  #between(from: number, to: number): [time: number, breaks: number] {
    let time = to - from;
    let breaks = 0;
    for (const gap of this.#gaps) {
      const within = Math.min(gap.end, to) - Math.max(gap.start, from);
      if (within <= 0) continue;
      time -= within;
      breaks += within / (gap.end - gap.start);
    }
    return [time, breaks];
  }

  /** Where one comes to from a moment by so many pixels, to the left where they are negative. */
  #walk(from: number, pixels: number, rate: number): number {
    const gaps = pixels < 0 ? this.#gaps.toReversed() : this.#gaps;
    const sign = pixels < 0 ? -1 : 1;
    let at = from;
    let left = Math.abs(pixels);
    for (const gap of gaps) {
      const [near, far] = sign < 0 ? [gap.end, gap.start] : [gap.start, gap.end];
      if ((far - at) * sign <= 0) continue;
      const before = Math.max(0, (near - at) * sign) / rate;
      if (left <= before) break;
      left -= before;
      if ((near - at) * sign > 0) at = near;
      const across = (Math.abs(far - at) / (gap.end - gap.start)) * this.#size;
      if (left <= across) return at + (sign * left * (gap.end - gap.start)) / this.#size;
      left -= across;
      at = far;
    }
    return at + sign * left * rate;
  }
}

function leastOf(bounds: View): number {
  const whole = bounds.end - bounds.start;
  return Math.min(whole, Math.max(1, whole * DEEPEST));
}

/** A view inside `bounds`, at least one nanosecond wide, of the same length where that fits. */
export function clamp(view: View, bounds: View): View {
  const length = Math.min(Math.max(view.end - view.start, leastOf(bounds)), bounds.end - bounds.start);
  const start = Math.min(Math.max(view.start, bounds.start), bounds.end - length);
  return { start, end: start + length };
}

/** What of a view lies inside of `bounds`; null where nothing does. */
export function within(view: View, bounds: View): View | null {
  return view.end > view.start && view.end > bounds.start && view.start < bounds.end ? clamp(view, bounds) : null;
}

export function isWhole(view: View, bounds: View): boolean {
  return view.start <= bounds.start && view.end >= bounds.end;
}

/** About so many pixels are between two ticks. */
const TICK = 110;

/** The step of round ticks: 1, 2 or 5 times a power of ten. */
export function tickStep(scale: TimeScale): number {
  const rough = scale.rate * Math.min(TICK, scale.width);
  const power = 10 ** Math.floor(Math.log10(rough));
  const scaled = rough / power;
  return (scaled < 1.5 ? 1 : scaled < 3.5 ? 2 : scaled < 7.5 ? 5 : 10) * power;
}

/** Round times of the view, none of them inside of a break. */
export function ticks(scale: TimeScale): number[] {
  const step = tickStep(scale);
  const found: number[] = [];
  let from = scale.view.start;
  // Counted, not summed: adding a step again and again drifts.
  const between = (to: number): void => {
    for (let index = Math.ceil(from / step); index * step <= to; index++) found.push(index * step);
  };
  for (const { gap } of scale.breaks) {
    between(gap.start);
    from = gap.end;
  }
  between(scale.view.end);
  return found;
}

/** `zoom=start,end` of the address: whole nanoseconds. */
export function formatView(view: View): string {
  return `${Math.round(view.start)},${Math.round(view.end)}`;
}

export function parseView(text: string | null, bounds: View): View | null {
  const found = /^(-?\d+),(-?\d+)$/.exec(text ?? '');
  if (!found) return null;
  return within({ start: Number(found[1]), end: Number(found[2]) }, bounds);
}
