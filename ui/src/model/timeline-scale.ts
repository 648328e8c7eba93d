/** The time axis: nanoseconds since the trace's start ↔ pixels; zoom, pan and round ticks. */

export interface View {
  readonly start: number;
  readonly end: number;
}

/** Below this share of the whole, doubles would begin to lose whole nanoseconds on screen. */
const DEEPEST = 2 ** -40;

export function toX(view: View, width: number, ns: number): number {
  return ((ns - view.start) / (view.end - view.start)) * width;
}

export function toNs(view: View, width: number, x: number): number {
  return view.start + (x / width) * (view.end - view.start);
}

/** A view inside `bounds`, at least one nanosecond wide, of the same length where that fits. */
export function clamp(view: View, bounds: View): View {
  const whole = bounds.end - bounds.start;
  const least = Math.min(whole, Math.max(1, whole * DEEPEST));
  const length = Math.min(Math.max(view.end - view.start, least), whole);
  const start = Math.min(Math.max(view.start, bounds.start), bounds.end - length);
  return { start, end: start + length };
}

/** Zooms by `factor` (below 1 is closer) and keeps the time `at` where it stands on the screen. */
export function zoomAt(view: View, factor: number, at: number, bounds: View): View {
  const whole = bounds.end - bounds.start;
  const length = view.end - view.start;
  const least = Math.min(whole, Math.max(1, whole * DEEPEST));
  const bounded = Math.min(Math.max(length * factor, least), whole) / length;
  return clamp({ start: at - (at - view.start) * bounded, end: at + (view.end - at) * bounded }, bounds);
}

export function pan(view: View, by: number, bounds: View): View {
  return clamp({ start: view.start + by, end: view.end + by }, bounds);
}

export function isWhole(view: View, bounds: View): boolean {
  return view.start <= bounds.start && view.end >= bounds.end;
}

/** The step of about `target` round ticks: 1, 2 or 5 times a power of ten. */
export function tickStep(view: View, target: number): number {
  const rough = (view.end - view.start) / Math.max(1, target);
  const power = 10 ** Math.floor(Math.log10(rough));
  const scaled = rough / power;
  return (scaled < 1.5 ? 1 : scaled < 3.5 ? 2 : scaled < 7.5 ? 5 : 10) * power;
}

export function ticks(view: View, target: number): number[] {
  const step = tickStep(view, target);
  const found: number[] = [];
  // Counted, not summed: adding a step again and again drifts.
  for (let index = Math.ceil(view.start / step); index * step <= view.end; index++) found.push(index * step);
  return found;
}

/** `zoom=start,end` of the address: whole nanoseconds. */
export function formatView(view: View): string {
  return `${Math.round(view.start)},${Math.round(view.end)}`;
}

export function parseView(text: string | null, bounds: View): View | null {
  const found = /^(-?\d+),(-?\d+)$/.exec(text ?? '');
  if (!found) return null;
  const view = { start: Number(found[1]), end: Number(found[2]) };
  return view.end > view.start && view.end > bounds.start && view.start < bounds.end ? clamp(view, bounds) : null;
}
