/** The wheel over a time axis: with ctrl or ⌘ it zooms at the pointer, sideways or with shift it moves. */
import type { TraceView } from './trace-view.svelte';

/** `x` is the pointer's place on the axis. Plain scrolling is left to the browser. */
export function wheelTime(event: WheelEvent, trace: TraceView, x: number): void {
  const { scale } = trace.time;
  const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.shiftKey ? event.deltaY : 0;
  if (event.ctrlKey || event.metaKey) {
    // One notch of a coarse wheel is no more than a third.
    const factor = Math.exp(Math.min(Math.max(event.deltaY, -120), 120) * 0.004);
    trace.time.zoom(scale.zoom(factor, Math.min(Math.max(x, 0), scale.width)));
  } else if (sideways !== 0) trace.time.zoom(scale.pan(sideways));
  else return;
  event.preventDefault();
}
