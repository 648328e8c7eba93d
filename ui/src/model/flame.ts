/** The flame: every span in a lane below its parent, none over another; a million of them are drawn as a few per pixel. */
import { paintBreaks } from './break-paint';
import type { Brush, Ink } from './brush';
import { paintOpen } from './open-paint';
import { drawnEnd, isOpen, lengthWords, type OpenSpans } from './open-spans';
import type { TimeScale } from './timeline-scale';
import { FLAG, nameOf, type TraceModel } from './trace-model';

export const LANE = 20;
/** Spans that one place of a coarser level stands for. */
const FACTOR = 8;

/** What a flame is packed from: plain arrays, so that a worker can be given them. */
export interface FlameSpans extends Pick<TraceModel, 'size' | 'start' | 'parent' | 'depth' | 'flags'> {
  /** How much of the axis each takes, as `drawnLengths` gives it. */
  readonly length: Float64Array;
}

export interface Flame {
  readonly lane: Uint32Array;
  readonly lanes: number;
  /** Rows by lane, in each by time; lane i has those from `begins[i]` to `begins[i + 1]`. */
  readonly rows: Uint32Array;
  readonly begins: Uint32Array;
  /** For every FACTOR, FACTOR², … places of `rows`, counted over all lanes: the longest span. */
  readonly longest: readonly Uint32Array[];
  /** How many of the rows before each place have an error. */
  readonly errorsBefore: Uint32Array;
}

/** The first lane below the parent that is free when the span starts. */
export function packFlame(spans: FlameSpans): Flame {
  const { start } = spans;
  const order = Uint32Array.from({ length: spans.size }, (_, row) => row).sort(
    (one, other) => start[one]! - start[other]! || spans.depth[one]! - spans.depth[other]! || one - other,
  );
  const lane = new Uint32Array(spans.size);
  const placed = new Uint8Array(spans.size);
  const free: number[] = [];
  for (const row of order) {
    const parent = spans.parent[row]!;
    // A child that starts before its parent (a skewed clock) cannot ask for its lane yet.
    let at = parent < 0 ? 0 : placed[parent] ? lane[parent]! + 1 : spans.depth[row]!;
    while ((free[at] ?? Number.NEGATIVE_INFINITY) > start[row]!) at++;
    while (free.length < at) free.push(Number.NEGATIVE_INFINITY);
    // A span without length still keeps its place from others that start with it.
    free[at] = start[row]! + Math.max(spans.length[row]!, 1);
    lane[row] = at;
    placed[row] = 1;
  }
  return { lane, lanes: free.length, ...pyramid(spans, order, lane, free.length) };
}

function pyramid(spans: FlameSpans, order: Uint32Array, lane: Uint32Array, lanes: number) {
  const begins = new Uint32Array(lanes + 1);
  for (const at of lane) begins[at + 1]!++;
  for (let at = 0; at < lanes; at++) begins[at + 1] = begins[at + 1]! + begins[at]!;
  const next = begins.slice();
  const rows = new Uint32Array(spans.size);
  for (const row of order) rows[next[lane[row]!]!++] = row;
  const errorsBefore = new Uint32Array(spans.size + 1);
  for (let at = 0; at < rows.length; at++) {
    errorsBefore[at + 1] = errorsBefore[at]! + (spans.flags[rows[at]!]! & FLAG.error ? 1 : 0);
  }
  const longest: Uint32Array[] = [];
  for (let below = rows; below.length > FACTOR; ) {
    const level = new Uint32Array(Math.ceil(below.length / FACTOR));
    for (let at = 0; at < level.length; at++) {
      let best = below[at * FACTOR]!;
      for (let place = at * FACTOR + 1; place < Math.min((at + 1) * FACTOR, below.length); place++) {
        if (spans.length[below[place]!]! > spans.length[best]!) best = below[place]!;
      }
      level[at] = best;
    }
    longest.push(level);
    below = level;
  }
  return { rows, begins, longest, errorsBefore };
}

/** Where each span lies on the drawing. */
export interface FlameLayout extends OpenSpans {
  readonly flame: Flame;
  readonly scale: TimeScale;
}

export interface FlameScene extends FlameLayout {
  readonly height: number;
  readonly top: number;
  readonly selected: number;
  readonly marks: Uint8Array | null;
  readonly ink: Ink;
  /** Black or white, whichever reads better on each service's colour. */
  readonly onService: readonly string[];
}

export function paintFlame(brush: Brush, scene: FlameScene): void {
  const { flame, scale, height, top, ink } = scene;
  brush.clearRect(0, 0, scale.width, height);
  paintBreaks(brush, scale, height, ink);
  brush.font = ink.font;
  brush.textBaseline = 'middle';
  brush.textAlign = 'left';
  const last = Math.min(flame.lanes - 1, Math.floor((top + height) / LANE));
  for (let lane = Math.max(0, Math.floor(top / LANE)); lane <= last; lane++) paintLane(brush, scene, lane);
  if (scene.selected >= 0) paintSelected(brush, scene);
}

/** Again and above the others, for a longer one may be drawn in its place. */
function paintSelected(brush: Brush, scene: FlameScene): void {
  const { model, flame, scale, selected } = scene;
  const { width } = scale;
  const from = scale.x(model.start[selected]!);
  const to = Math.max(scale.x(drawnEnd(scene, selected)), from + 1);
  if (to < 0 || from > width) return;
  const y = flame.lane[selected]! * LANE - scene.top;
  const errors = (model.flags[selected]! & FLAG.error) !== 0;
  paintBox(brush, scene, selected, { from: Math.max(from, 0), to: Math.min(to, width), y, errors });
}

/** Places of a lane's spans that are in sight: spans of a lane follow each other. */
function inSight(scene: FlameScene, lane: number): [first: number, end: number] {
  const { model, flame, scale } = scene;
  const { view } = scale;
  const place = (test: (row: number) => boolean): number => {
    let low = flame.begins[lane]!;
    let high = flame.begins[lane + 1]!;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (test(flame.rows[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return [place((row) => drawnEnd(scene, row) >= view.start), place((row) => model.start[row]! > view.end)];
}

/** Goes along a lane in steps as large as one pixel allows: what is under a pixel is drawn as its longest span. */
function paintLane(brush: Brush, scene: FlameScene, lane: number): void {
  const { model, flame, scale, top } = scene;
  const { width } = scale;
  const y = lane * LANE - top;
  const [first, end] = inSight(scene, lane);
  for (let at = first; at < end; ) {
    let row = flame.rows[at]!;
    const from = scale.x(model.start[row]!);
    let to = scale.x(drawnEnd(scene, row));
    let next = at + 1;
    if (to - from < 1) {
      [row, next] = step(scene, at, end, from);
      to = from + 1;
    }
    const errors = flame.errorsBefore[next]! > flame.errorsBefore[at]!;
    paintBox(brush, scene, row, { from: Math.max(from, 0), to: Math.min(to, width), y, errors });
    at = next;
  }
}

/** The longest span of those that begin and end within a pixel of `from`, and the place behind them. */
function step(scene: FlameScene, at: number, end: number, from: number): [number, number] {
  const { model, flame, scale } = scene;
  const within = (place: number): boolean => scale.x(drawnEnd(scene, flame.rows[place]!)) < from + 1;
  const lengthOf = (row: number): number => drawnEnd(scene, row) - model.start[row]!;
  let best = flame.rows[at]!;
  let next = at + 1;
  let level = -1;
  let size = 1;
  while (next < end) {
    // As far as the pixel goes in larger and larger steps, then in smaller ones.
    const larger = size * FACTOR;
    if (level + 1 < flame.longest.length && next % larger === 0 && next + larger <= end && within(next + larger - 1)) {
      level++;
      size = larger;
      continue;
    }
    if (next + size <= end && within(next + size - 1)) {
      const row = level < 0 ? flame.rows[next]! : flame.longest[level]![next / size]!;
      if (lengthOf(row) > lengthOf(best)) best = row;
      next += size;
    } else if (level < 0) break;
    else {
      level--;
      size /= FACTOR;
    }
  }
  return [best, next];
}

interface Box {
  readonly from: number;
  readonly to: number;
  readonly y: number;
  readonly errors: boolean;
}

function paintBox(brush: Brush, scene: FlameScene, row: number, { from, to, y, errors }: Box): void {
  const { model, ink } = scene;
  const length = Math.max(to - from - 0.5, 1);
  const colour = errors && length <= 2 ? ink.error : ink.fills[model.service[row]!]!;
  brush.globalAlpha = scene.marks && !scene.marks[row] ? 0.2 : 1;
  if (isOpen(model, row)) paintOpen(brush, colour, from, y + 1, length, LANE - 2);
  else {
    brush.fillStyle = colour;
    brush.fillRect(from, y + 1, length, LANE - 2);
  }
  if (errors && length > 2) {
    brush.strokeStyle = ink.error;
    brush.lineWidth = 2;
    brush.strokeRect(from + 1, y + 2, Math.max(length - 2, 1), LANE - 4);
  }
  if (row === scene.selected) {
    brush.strokeStyle = ink.text;
    brush.lineWidth = 2;
    brush.strokeRect(from, y + 1, length, LANE - 2);
  }
  if (length > 36) paintText(brush, scene, row, from, length, y);
  brush.globalAlpha = 1;
}

function paintText(brush: Brush, scene: FlameScene, row: number, x: number, length: number, y: number): void {
  const { model } = scene;
  brush.fillStyle = isOpen(model, row) ? scene.ink.text : scene.onService[model.service[row]!]!;
  const whole = `${nameOf(model, row)}  ${lengthWords(scene, row)}`;
  const room = Math.floor((length - 10) / 6.2);
  brush.fillText(whole.length > room ? `${whole.slice(0, Math.max(1, room - 1))}…` : whole, x + 5, y + LANE / 2 + 0.5);
}

/** The row under a point, -1 where there is none; the smallest target is three pixels wide. */
export function flameRowAt(layout: FlameLayout, x: number, y: number): number {
  const { model, flame, scale } = layout;
  const lane = Math.floor(y / LANE);
  if (lane < 0 || lane >= flame.lanes) return -1;
  const slack = scale.rate * 1.5;
  const at = scale.ns(x);
  let low = flame.begins[lane]!;
  let high = flame.begins[lane + 1]!;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = flame.rows[middle]!;
    if (drawnEnd(layout, row) + slack >= at) high = middle;
    else low = middle + 1;
  }
  const row = low < flame.begins[lane + 1]! ? flame.rows[low]! : -1;
  return row >= 0 && model.start[row]! - slack <= at ? row : -1;
}
