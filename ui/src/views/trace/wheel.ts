/** The wheel over a time axis: with ctrl or ⌘ it zooms at the pointer, sideways or with shift it moves. */
import { pan, toNs, zoomAt } from '../../model/timeline-scale';
import type { TraceView } from './trace-view.svelte';

/** `x` is the pointer's place on an axis of `width` pixels. Plain scrolling is left to the browser. */
export function wheelTime(event: WheelEvent, trace: TraceView, x: number, width: number): void {
  const { view, model } = trace;
  const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.shiftKey ? event.deltaY : 0;
  if (event.ctrlKey || event.metaKey) {
    const at = toNs(view, width, Math.min(Math.max(x, 0), width));
    // One notch of a coarse wheel is no more than a third.
    const factor = Math.exp(Math.min(Math.max(event.deltaY, -120), 120) * 0.004);
    trace.zoom(zoomAt(view, factor, at, model.bounds));
  } else if (sideways !== 0) trace.zoom(pan(view, (sideways / width) * (view.end - view.start), model.bounds));
  else return;
  event.preventDefault();
}
