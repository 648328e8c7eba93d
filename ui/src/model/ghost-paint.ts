/** Draws a parent that has not arrived: it was at work while its spans were, if not for longer. */
import type { Brush } from './brush';
import { BAR, BAR_TOP, type Scene } from './waterfall-paint';

export function paintGhost(brush: Brush, { scale, ghosts, ink }: Scene, place: number, y: number): void {
  const from = Math.max(scale.x(ghosts.start[place]!), -4);
  const to = Math.min(scale.x(ghosts.end[place]!), scale.width + 4);
  if (to < 0 || from > scale.width) return;
  brush.strokeStyle = ink.dim;
  brush.lineWidth = 1;
  brush.setLineDash([3, 3]);
  brush.strokeRect(from + 0.5, y + BAR_TOP + 0.5, Math.max(to - from - 1, 1), BAR - 1);
  brush.setLineDash([]);
}
