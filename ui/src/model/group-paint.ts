/** Draws repeated siblings that share a row. */
import { duration } from '../base/format';
import type { Brush } from './brush';
import { sumGroup } from './groups';
import { BAR, BAR_TOP, type Scene } from './waterfall-paint';

/** All spans of a group on one row, at their times, and what they add up to. */
export function paintGroup(brush: Brush, scene: Scene, row: number, y: number): void {
  const { model, scale, ink } = scene;
  const { width } = scale;
  const after = scene.groups![row]!;
  const sum = sumGroup(model, row, after);
  brush.fillStyle = ink.fills[model.service[row]!]!;
  let before = Number.NEGATIVE_INFINITY;
  for (let at = row; at <= row + after; at++) {
    const from = scale.x(model.start[at]!);
    const to = Math.min(Math.max(scale.x(model.start[at]! + model.duration[at]!), from + 1), width);
    if (to < 0 || from > width || to <= before) continue;
    brush.fillRect(Math.max(from, before), y + BAR_TOP, to - Math.max(from, before), BAR);
    before = to;
  }
  const end = Math.min(Math.max(scale.x(sum.end), 0), width);
  brush.fillStyle = ink.dim;
  brush.textAlign = 'left';
  brush.fillText(`Σ ${duration(sum.total)}`, end + 6, y + BAR_TOP + BAR / 2 + 0.5);
}
