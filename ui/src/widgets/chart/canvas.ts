/** The colours of the theme, for charts on a canvas. */
import type { ChartInk } from '../../model/chart-paint';
import type { Columns } from '../../model/histogram';
import { hatched } from '../ink';

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

export function readInk(names: Columns['names'] = []): ChartInk {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const lines = hatched(colour('--error-bg'), colour('--error'), 2.4) ?? colour('--error');
  return {
    dim: colour('--text-3'),
    line: colour('--line'),
    heat: colour('--chart'),
    hatch: lines,
    parts: names.map((name) => (PARTS[name] === 'hatch' ? lines : colour(PARTS[name] ?? '--chart'))),
    font: `11px ${colour('--font')}`,
  };
}
