/** Single spans in a chart over time. */

/** One span behind the figures; `href` leads to its trace. */
export interface Dot {
  readonly time: number;
  readonly value: number;
  readonly failed: boolean;
  readonly href: string;
  readonly label: string;
}

/** A dot is pressed from so far, in pixels. */
const REACH = 12;

/** The dot that a pointer is at: the nearest one, where that is near. `far` measures in pixels. */
export function nearestDot(dots: readonly Dot[], far: (dot: Dot) => number): Dot | null {
  const found = dots.reduce<Dot | null>((best, dot) => (best === null || far(dot) < far(best) ? dot : best), null);
  return found && far(found) <= REACH ? found : null;
}

/** The outline of a dot in SVG: round, and a diamond for a span that failed. */
export function dotPath({ failed }: Dot, left: number, top: number): string {
  const [x, y] = [left.toFixed(1), (top - (failed ? 5.5 : 0)).toFixed(1)];
  return failed ? `M${x} ${y}l5.5 5.5-5.5 5.5-5.5-5.5Z` : `M${(left - 4).toFixed(1)} ${y}a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z`;
}
