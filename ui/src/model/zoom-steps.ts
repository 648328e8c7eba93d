/** The views that zooming has left, so that one can go back through them. */
import type { View } from './timeline-scale';

/** Milliseconds without a zoom after which the next one is a step of its own: a turn of the wheel is one step. */
const PAUSE = 600;
const MOST = 50;

export class ZoomSteps {
  #views: View[] = [];
  #last = Number.NEGATIVE_INFINITY;

  /** Called with the view that is about to be left, at a time in milliseconds. */
  leave(view: View, now: number): void {
    if (now - this.#last > PAUSE) this.#views = [...this.#views, view].slice(-MOST);
    this.#last = now;
  }

  /** What was left is the same time where the trace counts from later. */
  later(by: number): void {
    this.#views = this.#views.map(({ start, end }) => ({ start: start - by, end: end - by }));
  }

  /** The view before, once; null where there is none. */
  back(): View | null {
    this.#last = Number.NEGATIVE_INFINITY;
    return this.#views.pop() ?? null;
  }
}
