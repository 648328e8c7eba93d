/** Draws where the time axis leaves idle time out. */

import type { Brush, Ink } from './brush';
import type { TimeScale } from './timeline-scale';

/** Bands of slanted lines where time is left out. No bar is in them, for no span runs there. */
export function paintBreaks(brush: Brush, scale: TimeScale, height: number, ink: Ink): void {
  for (const { from, to } of scale.breaks) {
    brush.save();
    brush.beginPath();
    brush.rect(from, 0, to - from, height);
    brush.clip();
    brush.strokeStyle = ink.line;
    brush.lineWidth = 1;
    brush.beginPath();
    for (let y = -Math.ceil((to - from) / 8) * 8; y < height; y += 8) {
      brush.moveTo(from, y + (to - from));
      brush.lineTo(to, y);
    }
    brush.stroke();
    brush.restore();
    brush.fillStyle = ink.line;
    brush.fillRect(from, 0, 1, height);
    brush.fillRect(to - 1, 0, 1, height);
  }
}
