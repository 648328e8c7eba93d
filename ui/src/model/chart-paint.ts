/** Draws heat maps and stacked columns. The plot has its labels in a gutter to the left and in a line below. */
import { count, duration } from '../base/format';
import { type Columns, durationAt, type Heat } from './histogram';

export type Pen = Pick<
  CanvasRenderingContext2D,
  'fillStyle' | 'font' | 'textBaseline' | 'textAlign' | 'globalAlpha' | 'clearRect' | 'fillRect' | 'fillText'
>;

export interface ChartInk {
  readonly dim: string;
  readonly line: string;
  readonly heat: string;
  /** Laid over what has errors: seen without colour, too. */
  readonly hatch: string | CanvasPattern;
  /** One a part of the columns. */
  readonly parts: readonly (string | CanvasPattern)[];
  readonly font: string;
}

export const GUTTER = 52;
export const FOOT = 18;
const TOP = 6;
const LABEL_HEIGHT = 14;

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function plotBox(width: number, height: number): Box {
  return {
    left: GUTTER,
    top: TOP,
    width: Math.max(1, width - GUTTER - 8),
    height: Math.max(1, height - FOOT - TOP),
  };
}

function begin(pen: Pen, box: Box, ink: ChartInk): void {
  pen.clearRect(0, 0, box.left + box.width + 8, box.top + box.height + FOOT);
  pen.globalAlpha = 1;
  pen.font = ink.font;
  pen.textBaseline = 'middle';
  pen.fillStyle = ink.line;
  pen.fillRect(box.left, box.top + box.height, box.width, 1);
}

/** Light where few are, full where most are: by the logarithm, so that a single slow one is still seen. */
export function strength(value: number, most: number): number {
  return value <= 0 ? 0 : 0.16 + 0.84 * (Math.log1p(value) / Math.log1p(Math.max(most, 1)));
}

export function paintHeat(pen: Pen, heat: Heat, box: Box, ink: ChartInk, time: (unixNano: number) => string): void {
  begin(pen, box, ink);
  const wide = box.width / Math.max(1, heat.columns);
  const high = box.height / heat.rows;
  paintDurations(pen, heat, box, ink);
  for (let column = 0; column < heat.columns; column++) {
    const x = box.left + column * wide;
    for (let row = 0; row < heat.rows; row++) {
      const value = heat.counts[column * heat.rows + row]!;
      if (value === 0) continue;
      const y = box.top + box.height - (row + 1) * high;
      pen.globalAlpha = strength(value, heat.most);
      pen.fillStyle = ink.heat;
      pen.fillRect(x, y, Math.max(wide - 1, 1), Math.max(high - 1, 1));
      const share = heat.errors[column * heat.rows + row]! / value;
      if (share === 0) continue;
      pen.globalAlpha = 1;
      pen.fillStyle = ink.hatch;
      const tall = Math.max(3, (high - 1) * share);
      pen.fillRect(x, y + high - 1 - tall, Math.max(wide - 1, 1), tall);
    }
  }
  pen.globalAlpha = 1;
  paintTimes(pen, box, heat, ink, time);
}

/** Whole powers of ten, as many as there is room for. */
function paintDurations(pen: Pen, heat: Heat, box: Box, ink: ChartInk): void {
  const low = durationAt(heat.lowest);
  const high = durationAt(heat.lowest + heat.rows);
  const first = Math.log2(Math.max(low, 1));
  const whole = Math.max(Math.log2(high) - first, 1e-9);
  const fit = Math.max(2, Math.floor(box.height / 30));
  const labels: number[] = [];
  for (let power = Math.ceil(Math.log10(Math.max(low, 1))); 10 ** power <= high; power++) labels.push(10 ** power);
  const every = Math.ceil(labels.length / fit);
  for (const ns of labels.filter((_, index) => index % every === 0)) {
    const y = box.top + box.height - ((Math.log2(ns) - first) / whole) * box.height;
    pen.fillStyle = ink.line;
    pen.fillRect(box.left, Math.round(y), box.width, 1);
    pen.fillStyle = ink.dim;
    pen.textAlign = 'right';
    pen.fillText(duration(ns), box.left - 6, Math.min(Math.max(y, box.top + 5), box.top + box.height - 5));
  }
}

const SECOND = 1e9;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/** Round times, about 110 px apart. They are round in UTC, which is so in most zones for what is shorter than an hour. */
export function timeTicks(start: number, end: number, most: number): number[] {
  const whole = end - start;
  const step =
    (STEPS.find((seconds) => whole / (seconds * SECOND) <= most) ?? Math.ceil(whole / most / 86_400e9) * 86_400) *
    SECOND;
  const ticks: number[] = [];
  for (let tick = Math.ceil(start / step) * step; tick <= end; tick += step) ticks.push(tick);
  return ticks;
}

function paintTimes(
  pen: Pen,
  box: Box,
  axis: { start: number; step: number; columns: number },
  ink: ChartInk,
  time: (unixNano: number) => string,
): void {
  const whole = axis.step * axis.columns;
  if (whole === 0) return;
  const y = box.top + box.height + FOOT / 2 + 2;
  for (const tick of timeTicks(axis.start, axis.start + whole, box.width / 110)) {
    const x = box.left + ((tick - axis.start) / whole) * box.width;
    pen.fillStyle = ink.line;
    pen.fillRect(Math.round(x), box.top + box.height, 1, 4);
    pen.fillStyle = ink.dim;
    pen.textAlign = x > box.left + box.width - 30 ? 'right' : x < box.left + 30 ? 'left' : 'center';
    pen.fillText(time(tick), x, y);
  }
}

export function paintColumns(
  pen: Pen,
  columns: Columns,
  box: Box,
  ink: ChartInk,
  time: (unixNano: number) => string,
): void {
  begin(pen, box, ink);
  const top = niceTop(columns.most);
  const rungs = box.height >= LABEL_HEIGHT * 3 ? [top / 2, top] : [top];
  pen.textAlign = 'right';
  for (const rung of rungs) {
    const y = box.top + box.height * (1 - rung / top);
    pen.fillStyle = ink.line;
    pen.fillRect(box.left, Math.round(y), box.width, 1);
    pen.fillStyle = ink.dim;
    pen.fillText(count(rung), box.left - 6, Math.max(y, box.top + 5));
  }
  const wide = box.width / Math.max(1, columns.columns);
  const gap = wide > 3 ? 1 : 0;
  for (let column = 0; column < columns.columns; column++) {
    let base = box.top + box.height;
    for (const [part, values] of columns.parts.entries()) {
      const value = values[column]!;
      if (value === 0) continue;
      // What is there is seen, be it one of a million.
      const tall = Math.max((value / top) * box.height, 1.5);
      pen.fillStyle = ink.parts[part]!;
      pen.fillRect(box.left + column * wide, base - tall, Math.max(wide - gap, 1), tall);
      base -= tall;
    }
  }
  if (columns.of === 'time') paintTimes(pen, box, columns, ink, time);
  else paintDurationsBelow(pen, columns, box, ink);
}

function paintDurationsBelow(pen: Pen, columns: Columns, box: Box, ink: ChartInk): void {
  const y = box.top + box.height + FOOT / 2 + 2;
  const every = Math.max(1, Math.ceil(columns.columns / (box.width / 80)));
  pen.fillStyle = ink.dim;
  pen.textAlign = 'center';
  for (let column = every; column < columns.columns; column += every)
    pen.fillText(duration(durationAt(columns.start + column)), box.left + (column / columns.columns) * box.width, y);
}

/** The next of 1, 2, 4, 10, 20, 40 …: halves of these are whole from 2 on. */
export function niceTop(most: number): number {
  if (most <= 2) return 2;
  const unit = 10 ** Math.floor(Math.log10(most));
  return unit * (most <= unit ? 1 : most <= 2 * unit ? 2 : most <= 4 * unit ? 4 : 10);
}
