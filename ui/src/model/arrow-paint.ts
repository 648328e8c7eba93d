/** Draws the arrows of the spans that are pointed at or selected, over the bars. */

import type { Brush } from './brush';
import type { Arrow } from './span-arrows';
import { ROW, type Scene } from './waterfall-paint';

const HEAD = 4;

/** `placeOf` says where a row stands among those that are shown; what is folded is drawn at what hides it. */
export function paintArrows(
  brush: Brush,
  scene: Scene,
  arrows: readonly Arrow[],
  placeOf: (row: number) => number,
): void {
  for (const arrow of arrows) {
    const from = standing(scene, arrow.from, placeOf);
    const to = standing(scene, arrow.to, placeOf);
    if (from >= 0 && to >= 0 && from !== to) paintArrow(brush, scene, arrow, from, to);
  }
}

function standing({ model }: Scene, row: number, placeOf: (row: number) => number): number {
  for (let at = row; at >= 0; at = model.parent[at]!) {
    const place = placeOf(at);
    if (place >= 0) return place;
  }
  return -1;
}

function paintArrow(brush: Brush, scene: Scene, arrow: Arrow, from: number, to: number): void {
  const { model, scale, top, height, ink } = scene;
  const middle = (place: number): number => place * ROW - top + ROW / 2;
  // It leaves where the cause ended, or where the effect began if that was earlier.
  const left = Math.min(model.start[arrow.from]! + model.duration[arrow.from]!, model.start[arrow.to]!);
  const x1 = bounded(scale.x(Math.max(left, model.start[arrow.from]!)), scale.width);
  const x2 = bounded(scale.x(model.start[arrow.to]!), scale.width);
  const [y1, y2] = [middle(from), middle(to)];
  if ((y1 < 0 && y2 < 0) || (y1 > height && y2 > height)) return;
  const side = x2 >= x1 ? 1 : -1;
  // Where there is no room beside it, the arrow comes from the left.
  const elbow = Math.abs(x2 - x1) < HEAD + 4 ? x2 - side * (HEAD + 6) : x1;
  brush.save();
  for (const [style, width] of [
    [ink.ground, 4],
    [ink.text, 1.5],
  ] as const) {
    brush.strokeStyle = style;
    brush.lineWidth = width;
    brush.setLineDash(arrow.kind === 'link' ? [4, 3] : []);
    brush.beginPath();
    brush.moveTo(x1, y1);
    brush.lineTo(elbow, y1);
    brush.lineTo(elbow, y2);
    brush.lineTo(x2 - side * HEAD, y2);
    brush.stroke();
  }
  brush.setLineDash([]);
  brush.fillStyle = ink.text;
  brush.beginPath();
  brush.moveTo(x2, y2);
  brush.lineTo(x2 - side * (HEAD + 3), y2 - HEAD);
  brush.lineTo(x2 - side * (HEAD + 3), y2 + HEAD);
  brush.closePath();
  brush.fill();
  brush.restore();
}

const bounded = (x: number, width: number): number => Math.min(Math.max(x, 0), width);
