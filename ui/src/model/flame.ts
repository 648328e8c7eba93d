/** The flame: every span in a lane below its parent, none over another; drawn at any size in one pass. */
import { duration } from '../base/format';
import { toX, type View } from './timeline-scale';
import { FLAG, type TraceModel } from './trace-model';
import type { Brush, Ink } from './waterfall-paint';

export const LANE = 20;

export interface Flame {
  readonly lane: Uint32Array;
  readonly lanes: number;
}

/** The first lane below the parent that is free when the span starts. */
export function packFlame(model: TraceModel): Flame {
  const order = Uint32Array.from({ length: model.size }, (_, row) => row).sort(
    (one, other) => model.start[one]! - model.start[other]! || model.depth[one]! - model.depth[other]! || one - other,
  );
  const lane = new Uint32Array(model.size);
  const placed = new Uint8Array(model.size);
  const free: number[] = [];
  for (const row of order) {
    const parent = model.parent[row]!;
    // A child that starts before its parent (a skewed clock) cannot ask for its lane yet.
    let at = parent < 0 ? 0 : placed[parent] ? lane[parent]! + 1 : model.depth[row]!;
    while ((free[at] ?? Number.NEGATIVE_INFINITY) > model.start[row]!) at++;
    while (free.length < at) free.push(Number.NEGATIVE_INFINITY);
    // A span without length still keeps its place from others that start with it.
    free[at] = model.start[row]! + Math.max(model.duration[row]!, 1);
    lane[row] = at;
    placed[row] = 1;
  }
  return { lane, lanes: free.length };
}

export interface FlameScene {
  readonly model: TraceModel;
  readonly flame: Flame;
  readonly view: View;
  readonly width: number;
  readonly height: number;
  readonly top: number;
  readonly selected: number;
  readonly marks: Uint8Array | null;
  readonly ink: Ink;
  /** Black or white, whichever reads better on each service's colour. */
  readonly onService: readonly string[];
}

export function paintFlame(brush: Brush, scene: FlameScene): void {
  const { model, flame, view, width, height, top, ink } = scene;
  brush.clearRect(0, 0, width, height);
  brush.font = ink.font;
  brush.textBaseline = 'middle';
  brush.textAlign = 'left';
  const first = Math.floor(top / LANE);
  const last = Math.ceil((top + height) / LANE);
  // Spans of one pixel in the same lane and column are drawn once.
  const drawn = new Map<number, number>();
  for (let row = 0; row < model.size; row++) {
    const lane = flame.lane[row]!;
    if (lane < first || lane > last) continue;
    const from = toX(view, width, model.start[row]!);
    const to = toX(view, width, model.start[row]! + model.duration[row]!);
    if (to < 0 || from > width) continue;
    const error = (model.flags[row]! & FLAG.error) !== 0;
    if (to - from < 1 && !error && row !== scene.selected) {
      const column = Math.floor(from);
      if (drawn.get(lane) === column) continue;
      drawn.set(lane, column);
    }
    paintBox(brush, scene, row, Math.max(from, 0), Math.min(to, width), lane * LANE - top);
  }
}

function paintBox(brush: Brush, scene: FlameScene, row: number, from: number, to: number, y: number): void {
  const { model, ink } = scene;
  const length = Math.max(to - from - 0.5, 1);
  const service = model.service[row]!;
  brush.globalAlpha = scene.marks && !scene.marks[row] ? 0.2 : 1;
  brush.fillStyle = ink.services[service]!;
  brush.fillRect(from, y + 1, length, LANE - 2);
  if (model.flags[row]! & FLAG.error) {
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
  const span = scene.model.spans[row]!;
  brush.fillStyle = scene.onService[scene.model.service[row]!]!;
  const whole = `${span.name}  ${duration(span.duration)}`;
  const room = Math.floor((length - 10) / 6.2);
  brush.fillText(whole.length > room ? `${whole.slice(0, Math.max(1, room - 1))}…` : whole, x + 5, y + LANE / 2 + 0.5);
}

/** The row under a point, -1 where there is none; the smallest target is three pixels wide. */
export function flameRowAt(model: TraceModel, flame: Flame, view: View, width: number, x: number, y: number): number {
  const lane = Math.floor(y / LANE);
  const slack = ((view.end - view.start) / width) * 1.5;
  const at = view.start + (x / width) * (view.end - view.start);
  let best = -1;
  for (let row = 0; row < model.size; row++) {
    if (
      flame.lane[row] !== lane ||
      model.start[row]! - slack > at ||
      model.start[row]! + model.duration[row]! + slack < at
    )
      continue;
    if (best < 0 || model.duration[row]! < model.duration[best]!) best = row;
  }
  return best;
}
