/** Draws merged calls: each as wide as its weight, below the call that makes it. */
import { count, duration } from '../base/format';
import type { Brush, Ink } from './brush';
import { LANE } from './flame';
import type { MergedCalls } from './left-heavy';
import { nameOf, type TraceModel } from './trace-model';

export interface MergedScene {
  readonly model: TraceModel;
  readonly calls: MergedCalls;
  /** The weights that are shown, from the left to the right edge. */
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly height: number;
  /** Pixels scrolled. */
  readonly top: number;
  /** -1 where none is. */
  readonly selected: number;
  readonly ink: Ink;
  /** Black or white, whichever reads better on each service's colour. */
  readonly onService: readonly string[];
}

const TEXT = 36;

export function paintMerged(brush: Brush, scene: MergedScene): void {
  const { calls, from, to, width, height, top, ink } = scene;
  brush.clearRect(0, 0, width, height);
  brush.font = ink.font;
  brush.textBaseline = 'middle';
  brush.textAlign = 'left';
  const x = (weight: number): number => ((weight - from) / (to - from)) * width;
  for (let call = 0; call < calls.size; ) {
    const y = calls.depth[call]! * LANE - top;
    const left = Math.max(x(calls.start[call]!), 0);
    const right = Math.min(x(calls.start[call]! + calls.weight[call]!), width);
    const behind = call + calls.below[call]! + 1;
    if (right <= 0 || left >= width || y > height) call = behind;
    else if (right - left < 1) {
      // Its siblings behind it are no wider: together they are one pale box.
      const above = calls.parent[call]!;
      const end = above < 0 ? calls.whole : calls.start[above]! + calls.weight[above]! - calls.self[above]!;
      brush.globalAlpha = 0.5;
      brush.fillStyle = ink.dim;
      brush.fillRect(left, y + 1, Math.max(Math.min(x(end), width) - left - 0.5, 1), LANE - 2);
      brush.globalAlpha = 1;
      call = above < 0 ? calls.size : above + calls.below[above]! + 1;
    } else {
      if (y > -LANE) paintCall(brush, scene, call, left, right - left, y);
      call++;
    }
  }
}

function paintCall(brush: Brush, scene: MergedScene, call: number, x: number, width: number, y: number): void {
  const { model, calls, ink, onService } = scene;
  const service = model.service[calls.row[call]!]!;
  const length = Math.max(width - 0.5, 1);
  brush.fillStyle = ink.fills[service]!;
  brush.fillRect(x, y + 1, length, LANE - 2);
  if (calls.errors[call]! > 0 && length > 4) frame(brush, ink.error, x + 1, y + 2, length - 2, LANE - 4);
  if (call === scene.selected) frame(brush, ink.text, x, y + 1, length, LANE - 2);
  if (length <= TEXT) return;
  const times = calls.count[call]! > 1 ? ` ×${count(calls.count[call]!)}` : '';
  const whole = `${nameOf(model, calls.row[call]!)}${times}  ${duration(calls.weight[call]!)}`;
  const room = Math.floor((length - 10) / 6.2);
  brush.fillStyle = onService[service]!;
  brush.fillText(whole.length > room ? `${whole.slice(0, Math.max(1, room - 1))}…` : whole, x + 5, y + LANE / 2 + 0.5);
}

function frame(brush: Brush, style: string, x: number, y: number, width: number, height: number): void {
  brush.strokeStyle = style;
  brush.lineWidth = 2;
  brush.strokeRect(x, y, width, height);
}
