/** The colours of the theme, for charts on a canvas. */
import type { ChartInk } from '../../model/chart-paint';
import type { Columns } from '../../model/histogram';

/** Diagonal lines of one colour. */
function hatch(pen: CanvasRenderingContext2D, colour: string, ground: string): CanvasPattern | string {
  const size = 6;
  const tile = document.createElement('canvas');
  tile.width = size;
  tile.height = size;
  const brush = tile.getContext('2d');
  if (!brush) return colour;
  brush.fillStyle = ground;
  brush.fillRect(0, 0, size, size);
  brush.strokeStyle = colour;
  brush.lineWidth = 2.4;
  for (const shift of [-size, 0, size]) {
    brush.beginPath();
    brush.moveTo(shift - 1, size + 1);
    brush.lineTo(shift + size + 1, -1);
    brush.stroke();
  }
  return pen.createPattern(tile, 'repeat') ?? colour;
}

/** What each name of stacked columns looks like; errors are hatched, so that they are told without colour. */
const PARTS: Record<string, string> = {
  'without errors': '--chart',
  'with errors': 'hatch',
  fatal: '--error',
  error: 'hatch',
  warn: '--chart-warn',
  info: '--chart',
  debug: '--chart-2',
  trace: '--chart-3',
  unset: '--chart-4',
};

export function readInk(pen: CanvasRenderingContext2D, names: Columns['names'] = []): ChartInk {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const lines = hatch(pen, colour('--error'), colour('--error-bg'));
  return {
    dim: colour('--text-3'),
    line: colour('--line'),
    heat: colour('--chart'),
    hatch: lines,
    parts: names.map((name) => (PARTS[name] === 'hatch' ? lines : colour(PARTS[name] ?? '--chart'))),
    font: `11px ${colour('--font')}`,
  };
}
