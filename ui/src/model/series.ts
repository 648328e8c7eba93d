/** Figures over time as a chart draws them: every step has its place, those without a figure are gaps. */

export interface Steps {
  /** When the first step begins, in ns since the epoch, rounded as JavaScript does. */
  readonly start: number;
  /** Length of a step in ns. */
  readonly step: number;
  readonly count: number;
  /** Where the range ends: it may be within the last step. */
  readonly until: number;
}

/** The steps that a range touches; they begin at multiples of the step's length. */
export function stepsOf(start: number, end: number, step: number): Steps {
  const first = Math.floor(start / step) * step;
  return { start: first, step, count: Math.max(1, Math.ceil((end - first) / step)), until: end };
}

/** JavaScript rounds times by up to 256 ns. */
const ROUNDED = 1000;

/** Whether the last step is over and all of it is in the range: what has come of one that is not seems to fall. */
export function isWhole({ start, step, count, until }: Steps, nowMs: number): boolean {
  return Math.min(until, nowMs * 1e6) >= start + step * count - ROUNDED;
}

/** The same values as two lines: up to the last whole step, and from there to the one that is not. */
export function apart(
  values: readonly (number | null)[],
  whole: boolean,
): [sure: readonly (number | null)[], open: readonly (number | null)[]] {
  if (whole) return [values, []];
  return [
    values.map((value, index) => (index < values.length - 1 ? value : null)),
    values.map((value, index) => (index < values.length - 2 ? null : value)),
  ];
}

/** One value for each step; `empty` where no point is. `shift` moves points of another time into this one. */
export function fill<T extends { time_unix_nano: number }>(
  steps: Steps,
  points: readonly T[],
  value: (point: T) => number | null,
  empty: number | null,
  shift = 0,
): (number | null)[] {
  const values = new Array<number | null>(steps.count).fill(empty);
  for (const point of points) {
    const index = Math.round((point.time_unix_nano + shift - steps.start) / steps.step);
    if (index >= 0 && index < steps.count) values[index] = value(point);
  }
  return values;
}

/** A round number at or above the value: 1, 2 or 5 times a power of ten. */
export function niceMax(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= value * (1 - 1e-9))!;
}

export function largest(lists: readonly (readonly (number | null)[])[]): number {
  return lists.reduce((most, values) => values.reduce<number>((top, value) => Math.max(top, value ?? 0), most), 0);
}

/** A line through the middles of the steps, broken where there is no figure; a lone point is a short stroke. */
export function linePath(values: readonly (number | null)[], width: number, height: number, max: number): string {
  const each = width / values.length;
  let path = '';
  values.forEach((value, index) => {
    if (value === null) return;
    const y = (height - (value / max) * height).toFixed(1);
    const x = (index + 0.5) * each;
    if (index === 0 || values[index - 1] === null) {
      const alone = index === values.length - 1 || values[index + 1] === null;
      path += alone ? `M${(x - 2).toFixed(1)} ${y}h4` : `M${x.toFixed(1)} ${y}`;
    } else path += `L${x.toFixed(1)} ${y}`;
  });
  return path;
}

/** Where the bars of several stacked lists begin and end, from the bottom up. */
export function stack(lists: readonly (readonly (number | null)[])[]): [from: number, to: number][][] {
  const tops = new Array<number>(lists[0]?.length ?? 0).fill(0);
  return lists.map((values) =>
    values.map((value, index): [number, number] => {
      const from = tops[index]!;
      tops[index] = from + (value ?? 0);
      return [from, tops[index]!];
    }),
  );
}
