/** Draws the time axis and the strip that shows the whole trace. */
import { duration, tickLabel } from '../base/format';
import { paintBreaks } from './break-paint';
import type { Brush, Ink } from './brush';
import { drawnEnd, lastSign } from './open-spans';
import { type TimeScale, tickStep, ticks } from './timeline-scale';
import { FLAG, type TraceModel } from './trace-model';
import { GUTTER } from './waterfall-paint';

/** The ruler above the rows. What a break leaves out is said on it, so ticks beside it give way. */
export function paintRuler(brush: Brush, scale: TimeScale, height: number, ink: Ink): void {
  const { width } = scale;
  brush.clearRect(0, 0, width + GUTTER, height);
  brush.font = ink.font;
  brush.textBaseline = 'middle';
  const taken = paintBreakLengths(brush, scale, height, ink);
  const step = tickStep(scale);
  for (const tick of ticks(scale)) {
    const x = Math.round(scale.x(tick));
    const label = tickLabel(tick, step);
    brush.fillStyle = ink.line;
    brush.fillRect(x, height - 6, 1, 6);
    const length = brush.measureText(label).width;
    const left = x + 5 + length <= width + GUTTER;
    const from = left ? x + 5 : x - 5 - length;
    if (taken.some(([begin, end]) => from < end && from + length > begin)) continue;
    taken.push([from - 8, from + length + 8]);
    brush.fillStyle = ink.dim;
    brush.textAlign = 'left';
    brush.fillText(label, from, height / 2);
  }
}

/** Gives where the lengths stand: from, to. */
function paintBreakLengths(brush: Brush, scale: TimeScale, height: number, ink: Ink): [number, number][] {
  paintBreaks(brush, scale, height, ink);
  return scale.breaks.map(({ gap, from, to }) => {
    const label = duration(gap.end - gap.start);
    const length = brush.measureText(label).width;
    const at = Math.min(Math.max((from + to - length) / 2, 3), scale.width + GUTTER - length - 3);
    brush.fillStyle = ink.ground;
    brush.fillRect(at - 3, 4, length + 6, height - 8);
    brush.fillStyle = ink.text;
    brush.textAlign = 'left';
    brush.fillText(label, at, height / 2);
    return [at - 8, at + length + 8];
  });
}

/**
 * The whole trace in a strip: one lane per level of depth; where errors began is drawn last, on top. Log records are
 * ticks at its foot, the darker the more of them there are.
 */
export function paintOverview(
  brush: Brush,
  model: TraceModel,
  scale: TimeScale,
  height: number,
  ink: Ink,
  logTimes: Float64Array = new Float64Array(),
  openUntil: (row: number) => number = (row) => lastSign(model, row),
): void {
  const { width } = scale;
  brush.clearRect(0, 0, width, height);
  paintBreaks(brush, scale, height, ink);
  const drawn = { model, openUntil };
  const lanes = model.maxDepth + 1;
  const lane = Math.min(6, (height - 4) / lanes);
  const thick = Math.max(1, lane - (lane >= 3 ? 1 : 0));
  for (const errors of [false, true]) {
    // Of spans of a pixel at the same place one is drawn: there may be a million.
    const taken = new Uint8Array((Math.ceil(width) + 1) * (height + 1));
    for (let row = 0; row < model.size; row++) {
      const origin = (model.flags[row]! & FLAG.error) !== 0 && model.errorsBelow[row] === 0;
      if (origin !== errors) continue;
      const x = scale.x(model.start[row]!);
      const length = Math.max(scale.x(drawnEnd(drawn, row)) - x, 1);
      if (length < 1.5) {
        const place = Math.floor(x) * (height + 1) + Math.floor(model.depth[row]! * lane);
        if (taken[place]) continue;
        taken[place] = 1;
      }
      brush.fillStyle = errors ? ink.error : ink.fills[model.service[row]!]!;
      brush.fillRect(x, 2 + model.depth[row]! * lane, length, thick);
    }
  }
  if (logTimes.length > 0) paintLogDensity(brush, scale, height, ink, logTimes);
}

const LOG_TICK = 3;

function paintLogDensity(brush: Brush, scale: TimeScale, height: number, ink: Ink, logTimes: Float64Array): void {
  const counts = new Uint32Array(Math.ceil(scale.width / LOG_TICK) + 1);
  for (const time of logTimes) {
    const place = Math.floor(scale.x(time) / LOG_TICK);
    if (place >= 0 && place < counts.length) counts[place]!++;
  }
  const most = Math.max(...counts);
  brush.fillStyle = ink.text;
  counts.forEach((count, place) => {
    if (count === 0) return;
    brush.globalAlpha = 0.4 + (0.6 * count) / most;
    brush.fillRect(place * LOG_TICK, height - 4, LOG_TICK - 1, 4);
  });
  brush.globalAlpha = 1;
}
