/** Draws the time axis and the strip that shows the whole trace. */
import { tickLabel } from '../base/format';
import { tickStep, ticks, toX, type View } from './timeline-scale';
import { FLAG, type TraceModel } from './trace-model';
import { type Brush, GUTTER, type Ink } from './waterfall-paint';

/** The ruler above the rows. */
export function paintRuler(brush: Brush, view: View, width: number, height: number, ink: Ink): void {
  brush.clearRect(0, 0, width + GUTTER, height);
  brush.font = ink.font;
  brush.textBaseline = 'middle';
  const step = tickStep(view, width / 110);
  for (const tick of ticks(view, width / 110)) {
    const x = Math.round(toX(view, width, tick));
    const label = tickLabel(tick, step);
    brush.fillStyle = ink.line;
    brush.fillRect(x, height - 6, 1, 6);
    brush.fillStyle = ink.dim;
    const fits = x + 5 + brush.measureText(label).width <= width + GUTTER;
    brush.textAlign = fits ? 'left' : 'right';
    brush.fillText(label, fits ? x + 5 : x - 5, height / 2);
  }
}

/** The whole trace in a strip: one lane per level of depth; where errors began is drawn last, on top. */
export function paintOverview(brush: Brush, model: TraceModel, width: number, height: number, ink: Ink): void {
  brush.clearRect(0, 0, width, height);
  const lanes = model.maxDepth + 1;
  const lane = Math.min(6, (height - 4) / lanes);
  const thick = Math.max(1, lane - (lane >= 3 ? 1 : 0));
  for (const errors of [false, true]) {
    // Of spans of a pixel at the same place one is drawn: there may be a million.
    const taken = new Uint8Array((Math.ceil(width) + 1) * (height + 1));
    for (let row = 0; row < model.size; row++) {
      const origin = (model.flags[row]! & FLAG.error) !== 0 && model.errorsBelow[row] === 0;
      if (origin !== errors) continue;
      const x = toX(model.bounds, width, model.start[row]!);
      const length = Math.max((model.duration[row]! / (model.bounds.end - model.bounds.start)) * width, 1);
      if (length < 1.5) {
        const place = Math.floor(x) * (height + 1) + Math.floor(model.depth[row]! * lane);
        if (taken[place]) continue;
        taken[place] = 1;
      }
      brush.fillStyle = errors ? ink.error : ink.services[model.service[row]!]!;
      brush.fillRect(x, 2 + model.depth[row]! * lane, length, thick);
    }
  }
}
