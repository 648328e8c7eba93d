/** Draws the waterfall as a picture of its own: a title, the names beside the bars, the ruler above them. */
import type { LogRecord } from '../api/types';
import { duration, plural } from '../base/format';
import { paintArrows } from './arrow-paint';
import { lineText, visible } from './attributes';
import { paintRuler } from './axis-paint';
import type { Brush, Ink } from './brush';
import { arrowsOf, type TraceLinks } from './span-arrows';
import type { TimeScale } from './timeline-scale';
import { FLAG, nameOf, serviceOf, type TraceModel } from './trace-model';
import { isGhost, isHeading, serviceOfHeading } from './waterfall-entries';
import { GUTTER, paintWaterfall, ROW, type Scene } from './waterfall-paint';

/** More rows than these make no picture that is looked at. */
export const MOST_ROWS = 500;
/** Some browsers have no canvas that is higher. */
const HIGHEST = 16_000;
const TITLE = 56;
const RULER = 28;
const PAD = 12;
const INDENT = 14;

/** What is drawn of the trace page. */
export interface Drawn extends Omit<Scene, 'scale' | 'ink' | 'width' | 'height' | 'top' | 'logs' | 'lanes'> {
  readonly model: TraceModel;
  readonly logsOf: Scene['logs'];
  readonly logs: readonly LogRecord[];
  readonly selected: number;
  readonly lanes: { readonly on: boolean; readonly depths: Uint32Array; readonly sums: NonNullable<Scene['lanes']> };
  readonly linked: { readonly told: TraceLinks | null };
  readonly placeOf: (row: number) => number;
}

export interface Picture {
  readonly trace: Drawn;
  readonly scale: TimeScale;
  /** Width of the names. */
  readonly labels: number;
  readonly ink: Ink;
  /** Two letters for each service, by its index. */
  readonly badges: readonly string[];
  readonly started: string;
}

export function sizeOf({ trace, scale, labels }: Picture): { width: number; height: number; fineness: 1 | 2 } {
  const rows = Math.min(trace.rows.length, MOST_ROWS);
  const height = TITLE + RULER + rows * ROW + PAD + (trace.rows.length > rows ? ROW : 0);
  return { width: Math.ceil(labels + scale.width + GUTTER), height, fineness: height * 2 > HIGHEST ? 1 : 2 };
}

export type PictureBrush = Brush & Pick<CanvasRenderingContext2D, 'translate' | 'globalCompositeOperation'>;

export function paintPicture(brush: PictureBrush, picture: Picture): void {
  const { trace, scale, labels, ink } = picture;
  const { width, height } = sizeOf(picture);
  const rows = trace.rows.subarray(0, MOST_ROWS);
  const bars = rows.length * ROW;
  paintTitle(brush, picture);
  brush.save();
  brush.translate(labels, TITLE);
  paintRuler(brush, scale, RULER, ink);
  brush.translate(0, RULER);
  const scene: Scene = {
    ...trace,
    rows,
    scale,
    height: bars,
    top: 0,
    logs: trace.logsOf,
    lanes: trace.lanes.on ? trace.lanes.sums : null,
    ink,
  };
  paintWaterfall(brush, scene);
  if (trace.selected >= 0)
    paintArrows(brush, scene, arrowsOf(trace.model, trace.selected, trace.linked.told), trace.placeOf);
  brush.restore();
  brush.fillStyle = ink.line;
  brush.fillRect(0, TITLE + RULER - 1, width, 1);
  brush.fillRect(labels - 1, TITLE, 1, bars + RULER);
  rows.forEach((entry, at) => {
    paintLabel(brush, picture, entry, TITLE + RULER + at * ROW);
  });
  const left = trace.rows.length - rows.length;
  if (left > 0) write(brush, `${plural(left, 'more row')}, not drawn`, PAD, height - PAD - ROW / 2, ink.dim, ink.font);
  // Last, below all: ruler and bars begin with an empty canvas.
  brush.globalCompositeOperation = 'destination-over';
  brush.fillStyle = ink.ground;
  brush.fillRect(0, 0, width, height);
}

function paintTitle(brush: PictureBrush, { trace, scale, labels, ink, started }: Picture): void {
  const { facts } = trace.model;
  const title = [facts.root_service ?? '', facts.root_name ?? 'Root not received'].map(visible).join(' ');
  const errors = facts.error_count > 0 ? plural(facts.error_count, 'error') : 'no errors';
  const said = [started, plural(facts.span_count, 'span'), errors, `trace ${facts.trace_id}`].join('  ·  ');
  const large = ink.font.replace(/^\S+/, '600 15px');
  const room = labels + scale.width + GUTTER - 2 * PAD;
  write(brush, cut(brush, `${title}  ${duration(facts.duration)}`, room, large), PAD, 20, ink.text, large);
  write(brush, cut(brush, said, room, ink.font), PAD, 40, ink.dim, ink.font);
}

function paintLabel(brush: PictureBrush, picture: Picture, entry: number, y: number): void {
  const { trace, labels, ink, badges } = picture;
  const { model, lanes } = trace;
  const middle = y + ROW / 2 + 0.5;
  if (entry >= model.size) {
    const log = trace.logs[entry - model.size]!;
    const text = lineText(log, 400);
    write(brush, cut(brush, `≡ ${text}`, labels - 3 * PAD, ink.font), 2 * PAD, middle, ink.dim, ink.font);
    return;
  }
  if (isGhost(entry)) {
    write(brush, cut(brush, '◌ Missing parent', labels - 2 * PAD, ink.font), PAD, middle, ink.dim, ink.font);
    return;
  }
  const heading = isHeading(entry);
  const service = heading ? serviceOfHeading(entry) : model.service[entry]!;
  const depth = heading ? 0 : lanes.on ? lanes.depths[entry]! + 1 : model.depth[entry]!;
  const x = PAD + Math.min(depth * INDENT, labels * 0.5);
  write(brush, badges[service]!, x, middle - 1, ink.text, ink.font.replace(/^\S+/, '600 10px'));
  brush.fillStyle = ink.fills[service]!;
  brush.fillRect(x, y + ROW - 7, 16, 3);
  const failed = !heading && (model.flags[entry]! & FLAG.error) !== 0;
  const begins = !heading && !lanes.on && (model.parent[entry]! < 0 || model.service[model.parent[entry]!] !== service);
  const text = heading
    ? visible(model.services[service]!)
    : [failed ? '✗' : '', begins ? visible(serviceOf(model, entry)) : '', visible(nameOf(model, entry)) || '(no name)']
        .filter((part) => part !== '')
        .join(' ');
  const font = ink.font.replace(/^\S+/, heading ? '600 12px' : '12px');
  write(brush, cut(brush, text, labels - x - 22 - PAD, font), x + 22, middle, failed ? ink.error : ink.text, font);
}

function write(brush: Brush, text: string, x: number, y: number, style: string, font: string): void {
  brush.font = font;
  brush.textAlign = 'left';
  brush.textBaseline = 'middle';
  brush.fillStyle = style;
  brush.fillText(text, x, y);
}

/** The text, cut where it is longer than there is room. */
function cut(brush: Brush, text: string, room: number, font: string): string {
  brush.font = font;
  if (brush.measureText(text).width <= room) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (brush.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low)}…`;
}
