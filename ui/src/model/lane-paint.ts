/** Draws the heading of a service's lane: from when to when it was involved. */
import type { Brush } from './brush';
import { ROW, type Scene } from './waterfall-paint';

export function paintHeading(brush: Brush, { scale, lanes, ink }: Scene, service: number, y: number): void {
  const sum = lanes![service]!;
  const from = Math.min(Math.max(scale.x(sum.start), 0), scale.width);
  const to = Math.min(Math.max(scale.x(sum.end), from + 1), scale.width);
  const middle = y + ROW / 2;
  brush.fillStyle = ink.fills[service]!;
  brush.fillRect(from, middle - 1, to - from, 2);
  brush.fillRect(from, middle - 4, 2, 8);
  brush.fillRect(Math.max(to - 2, from), middle - 4, 2, 8);
}
