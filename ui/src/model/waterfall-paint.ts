/** Draws the timeline half of the waterfall: what is on the screen and nothing else, from typed arrays. */
import { paintBreaks } from './break-paint';
import type { Brush, Ink } from './brush';
import { paintGhost } from './ghost-paint';
import { paintGroup } from './group-paint';
import { paintHeading } from './lane-paint';
import type { Ghosts } from './lost-parents';
import { paintOpen } from './open-paint';
import { drawnEnd, lengthWords, type OpenSpans } from './open-spans';
import type { LaneSum } from './service-lanes';
import { type TimeScale, ticks } from './timeline-scale';
import { eventsOf, FLAG, type TraceModel } from './trace-model';
import { isGhost, isHeading, placeOfGhost, serviceOfHeading } from './waterfall-entries';

export const ROW = 24;
export const BAR_TOP = 7;
export const BAR = 10;
const LEAST = 2;
/** Right of the time axis there is room for the durations of bars that reach its end. */
export const GUTTER = 60;

export interface Scene extends OpenSpans {
  readonly model: TraceModel;
  readonly rows: Int32Array;
  /** The canvas is wider than the time axis by the gutter. */
  readonly scale: TimeScale;
  readonly height: number;
  /** Pixels scrolled, in rows' own coordinates. */
  readonly top: number;
  /** The log records of a row, where it has any, as indices into `logTimes`. */
  readonly logs: ReadonlyMap<number, readonly number[]>;
  /** Offset of each log record. */
  readonly logTimes: Float64Array;
  /** Rows that stand behind the first of a closed group, by that first row. */
  readonly groups?: Uint32Array | null;
  /** Where a row's children run, as `childCover` gives it. */
  readonly cover: (row: number) => Float64Array;
  /** The sections of a row on the critical path, as `pathSections` gives them. */
  readonly sections: (row: number) => Float64Array;
  /** Parents that have not arrived. */
  readonly ghosts: Ghosts;
  /** Rows that are drawn pale, such as those that do not match. */
  readonly faded?: Uint8Array | null;
  /** What the lane of each service adds up to, where headings are among the rows. */
  readonly lanes?: readonly LaneSum[] | null;
  /** Whether the critical path is drawn. */
  readonly path?: boolean;
  readonly ink: Ink;
}

export function paintWaterfall(brush: Brush, scene: Scene): void {
  const { scale, height, rows, top, ink } = scene;
  brush.clearRect(0, 0, scale.width + GUTTER, height);
  brush.font = ink.font;
  brush.textBaseline = 'middle';
  paintGrid(brush, scene);
  const first = Math.max(0, Math.floor(top / ROW));
  const last = Math.min(rows.length - 1, Math.floor((top + height) / ROW));
  for (let index = first; index <= last; index++) {
    const row = rows[index]!;
    brush.globalAlpha = scene.faded?.[row] ? 0.25 : 1;
    if (isHeading(row)) paintHeading(brush, scene, serviceOfHeading(row), index * ROW - top);
    else if (isGhost(row)) paintGhost(brush, scene, placeOfGhost(row), index * ROW - top);
    else if (row >= scene.model.size) paintLog(brush, scene, row - scene.model.size, index * ROW - top);
    else if (scene.groups?.[row]) paintGroup(brush, scene, row, index * ROW - top);
    else paintRow(brush, scene, row, index * ROW - top, scale.x(scene.model.start[row]!));
  }
  brush.globalAlpha = 1;
}

function paintGrid(brush: Brush, { scale, height, ink }: Scene): void {
  brush.fillStyle = ink.line;
  for (const tick of ticks(scale)) brush.fillRect(Math.round(scale.x(tick)), 0, 1, height);
  paintBreaks(brush, scale, height, ink);
}

function paintRow(brush: Brush, scene: Scene, row: number, y: number, x: number): void {
  const { model, scale, ink } = scene;
  const { width } = scale;
  const flags = model.flags[row]!;
  const end = scale.x(drawnEnd(scene, row));
  if (end < 0 || x > width) {
    paintBeyond(brush, scene, end < 0, y);
    return;
  }
  const from = Math.max(x, -4);
  const length = Math.max(Math.min(end, width) - from, LEAST);
  const colour = ink.fills[model.service[row]!]!;
  brush.fillStyle = colour;
  if (flags & FLAG.unfinished) paintOpen(brush, colour, from, y + BAR_TOP, length, BAR);
  else paintBar(brush, scene, row, y + BAR_TOP, from, length);
  if (flags & FLAG.error) paintError(brush, from, y, length, ink, model.errorsBelow[row] === 0);
  if (scene.path) paintPath(brush, scene, row, y);
  paintMarks(brush, scene, row, y);
  paintLength(brush, scene, lengthWords(scene, row), y, from + length);
}

/** Full where the span itself was at work; pale over a solid line where it waited for its children. */
function paintBar(brush: Brush, scene: Scene, row: number, top: number, from: number, length: number): void {
  const { scale } = scene;
  const cover = scene.cover(row);
  const to = from + length;
  const alpha = brush.globalAlpha;
  let at = from;
  for (let index = 0; index < cover.length; index += 2) {
    const start = Math.max(scale.x(cover[index]!), at);
    const end = Math.min(scale.x(cover[index + 1]!), to);
    // Less than a pixel of waiting is not drawn; this also bounds the work of a row with very many children.
    if (end - start < 1) continue;
    if (start > at) brush.fillRect(at, top, start - at, BAR);
    brush.globalAlpha = alpha * 0.32;
    brush.fillRect(start, top, end - start, BAR - 2);
    brush.globalAlpha = alpha;
    brush.fillRect(start, top + BAR - 2, end - start, 2);
    at = end;
  }
  if (to > at) brush.fillRect(at, top, to - at, BAR);
}

/** An arrow at the edge says on which side the bar is. */
function paintBeyond(brush: Brush, { scale: { width }, ink }: Scene, left: boolean, y: number): void {
  const tip = left ? 3 : width - 3;
  const back = left ? 8 : width - 8;
  brush.fillStyle = ink.dim;
  brush.beginPath();
  brush.moveTo(tip, y + ROW / 2);
  brush.lineTo(back, y + ROW / 2 - 4);
  brush.lineTo(back, y + ROW / 2 + 4);
  brush.closePath();
  brush.fill();
}

/**
 * A frame, and hatching where the error began: a span that only passes on the error of a span below it keeps the
 * colour of its service. Frame and hatching are seen without colour.
 */
function paintError(brush: Brush, x: number, y: number, length: number, ink: Ink, origin: boolean): void {
  const top = y + BAR_TOP;
  if (origin) paintHatch(brush, x, top, length, ink);
  brush.strokeStyle = ink.ground;
  brush.lineWidth = 1;
  brush.strokeRect(x + 0.5, top + 0.5, Math.max(length - 1, 1), BAR - 1);
  brush.strokeStyle = ink.error;
  brush.lineWidth = 1.5;
  brush.strokeRect(x - 0.75, top - 0.75, length + 1.5, BAR + 1.5);
}

function paintHatch(brush: Brush, x: number, top: number, length: number, ink: Ink): void {
  brush.save();
  brush.beginPath();
  brush.rect(x, top - 1, length, BAR + 2);
  brush.clip();
  brush.fillStyle = ink.ground;
  brush.fillRect(x, top - 1, length, BAR + 2);
  brush.strokeStyle = ink.error;
  brush.lineWidth = 2;
  brush.beginPath();
  // Hatching is bound to the page, not to the bar: it stays still while the bar moves under it.
  for (let line = Math.floor(x / 6) * 6 - 12; line < x + length; line += 6) {
    brush.moveTo(line, top + BAR + 2);
    brush.lineTo(line + BAR + 4, top - 2);
  }
  brush.stroke();
  brush.restore();
}

/** The sections that decided when the trace ended: a line below the bar, which leaves the bar its colours. */
function paintPath(brush: Brush, scene: Scene, row: number, y: number): void {
  const { scale, ink } = scene;
  const { width } = scale;
  brush.fillStyle = ink.text;
  const sections = scene.sections(row);
  for (let index = 0; index < sections.length; index += 2) {
    const from = Math.max(scale.x(sections[index]!), 0);
    const to = Math.min(scale.x(sections[index + 1]!), width);
    if (to < 0 || from > width) continue;
    brush.fillRect(from, y + BAR_TOP + BAR + 2, Math.max(to - from, 1), 2);
  }
}

/** Events are diamonds on the bar, log records are ticks above it. */
function paintMarks(brush: Brush, scene: Scene, row: number, y: number): void {
  const { model, scale, ink } = scene;
  const { width } = scale;
  if (model.flags[row]! & FLAG.hasEvents) {
    let before = Number.NEGATIVE_INFINITY;
    const [first, end] = eventsOf(model, row);
    for (let at = first; at < end; at++) {
      const x = scale.x(model.eventTime[at]!);
      if (x < 0 || x > width || x - before < 3) continue;
      before = x;
      diamond(brush, x, y + BAR_TOP + BAR / 2, ink);
    }
  }
  const logs = scene.logs.get(row);
  if (!logs) return;
  brush.fillStyle = ink.text;
  let before = Number.NEGATIVE_INFINITY;
  for (const log of logs) {
    const x = scale.x(scene.logTimes[log]!);
    if (x < 0 || x > width || x - before < 4) continue;
    before = x;
    brush.fillRect(x - 1, y + 2, 2, 4);
  }
}

/** A log record that has a row of its own. */
function paintLog(brush: Brush, { scale, logTimes, ink }: Scene, log: number, y: number): void {
  const x = scale.x(logTimes[log]!);
  if (x < 0 || x > scale.width) return;
  brush.fillStyle = ink.dim;
  brush.fillRect(x - 0.5, y + 3, 1, ROW - 6);
  brush.fillRect(x - 2.5, y + ROW / 2 - 2.5, 5, 5);
}

function diamond(brush: Brush, x: number, y: number, ink: Ink): void {
  brush.beginPath();
  brush.moveTo(x, y - 4);
  brush.lineTo(x + 4, y);
  brush.lineTo(x, y + 4);
  brush.lineTo(x - 4, y);
  brush.closePath();
  brush.fillStyle = ink.ground;
  brush.fill();
  brush.strokeStyle = ink.text;
  brush.lineWidth = 1.25;
  brush.stroke();
}

/** The duration stands right of its bar: the gutter has room for it where the bar reaches the end of the axis. */
function paintLength(brush: Brush, scene: Scene, text: string, y: number, to: number): void {
  brush.fillStyle = scene.ink.dim;
  brush.textAlign = 'left';
  brush.fillText(text, to + 6, y + BAR_TOP + BAR / 2 + 0.5);
}
