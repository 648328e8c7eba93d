/** What the pointer is told of the place in a chart where it stands. */
import { count, duration, percent } from '../../base/format';
import { type Columns, durationAt, type Heat } from '../../model/histogram';

export function heatTip(heat: Heat, x: number, y: number, when: (unixNano: number) => string): string | null {
  const column = Math.min(Math.floor(x * heat.columns), heat.columns - 1);
  const row = Math.min(Math.floor(y * heat.rows), heat.rows - 1);
  const value = heat.counts[column * heat.rows + row] ?? 0;
  if (value === 0) return null;
  const errors = heat.errors[column * heat.rows + row]!;
  const low = durationAt(heat.lowest + row);
  const high = durationAt(heat.lowest + row + 1);
  const failed = errors > 0 ? `, ${percent(errors / value)} with errors` : '';
  return `${count(value)}${failed}\n${duration(low)} – ${duration(high)}\n${when(heat.start + column * heat.step)}`;
}

export function columnTip(columns: Columns, x: number, when: (unixNano: number) => string): string | null {
  const column = Math.min(Math.floor(x * columns.columns), columns.columns - 1);
  const lines = columns.names.flatMap((name, part) => {
    const value = columns.parts[part]![column] ?? 0;
    return value > 0 ? [`${count(value)} ${name}`] : [];
  });
  if (lines.length === 0) return null;
  const place =
    columns.of === 'time'
      ? when(columns.start + column * columns.step)
      : `${duration(durationAt(columns.start + column))} – ${duration(durationAt(columns.start + column + 1))}`;
  return [place, ...lines].join('\n');
}
