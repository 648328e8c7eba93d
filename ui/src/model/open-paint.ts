/** Draws a span that has not ended: pale and dashed, and open to the right, for where it ends is not known. */
import type { Brush } from './brush';

export function paintOpen(
  brush: Brush,
  colour: string | CanvasPattern,
  x: number,
  y: number,
  length: number,
  height: number,
): void {
  const [top, bottom] = [y + 0.75, y + height - 0.75];
  const alpha = brush.globalAlpha;
  brush.globalAlpha = alpha * 0.25;
  brush.fillStyle = colour;
  brush.fillRect(x, y, length, height);
  brush.globalAlpha = alpha;
  brush.strokeStyle = colour;
  brush.lineWidth = 1.5;
  brush.setLineDash([4, 3]);
  brush.beginPath();
  brush.moveTo(x + length, top);
  brush.lineTo(x + 0.75, top);
  brush.lineTo(x + 0.75, bottom);
  brush.lineTo(x + length, bottom);
  brush.stroke();
  brush.setLineDash([]);
}
