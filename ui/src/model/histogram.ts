/** The cells of a histogram as something to draw: a heat map of time and duration, or columns of stacked counts. */
import type { Histogram, HistogramCell } from '../api/types';

/** Rows of cells for each doubling of a duration that the views ask for. */
export const PER_DOUBLING = 2;

/** Cells of `columns` steps of time by `rows` of durations, counted from the shortest; column-major. */
export interface Heat {
  readonly columns: number;
  readonly rows: number;
  /** Where the first column begins, in ns since the epoch, and the length of each. */
  readonly start: number;
  readonly step: number;
  /** The row that is drawn lowest, of the API's rows. */
  readonly lowest: number;
  readonly counts: Float64Array;
  readonly errors: Float64Array;
  readonly most: number;
  /** Those whose duration is not known. */
  readonly unknown: number;
}

const LEAST_ROWS = 6;

export function rowOf(low: number): number {
  return low <= 0 ? 0 : Math.round(Math.log2(low) * PER_DOUBLING);
}

/** Where a row begins, in ns. */
export function durationAt(row: number): number {
  return row <= 0 ? 0 : Math.round(2 ** (row / PER_DOUBLING));
}

function columnsOf(answer: Histogram): { start: number; columns: number } {
  if (answer.step === 0) return { start: answer.start_time_unix_nano, columns: 0 };
  const start = Math.floor(answer.start_time_unix_nano / answer.step) * answer.step;
  return { start, columns: Math.max(1, Math.ceil((answer.end_time_unix_nano - start) / answer.step)) };
}

export function heatOf(answer: Histogram): Heat {
  const { start, columns } = columnsOf(answer);
  const known = answer.cells.filter((cell) => cell.low !== null);
  const all = known.map((cell) => rowOf(cell.low!));
  const lowest = all.reduce((least, row) => Math.min(least, row), all[0] ?? 0);
  const highest = all.reduce((most, row) => Math.max(most, row), lowest);
  const rows = Math.max(LEAST_ROWS, highest - lowest + 1);
  const counts = new Float64Array(columns * rows);
  const errors = new Float64Array(columns * rows);
  let most = 0;
  for (const [index, cell] of known.entries()) {
    const column = Math.round((cell.time_unix_nano - start) / answer.step);
    const at = column * rows + all[index]! - lowest;
    if (column < 0 || column >= columns) continue;
    counts[at] = counts[at]! + cell.count;
    errors[at] = errors[at]! + cell.error_count;
    most = Math.max(most, counts[at]!);
  }
  const unknown = answer.cells.reduce((sum, cell) => sum + (cell.low === null ? cell.count : 0), 0);
  return { columns, rows, start, step: answer.step, lowest, counts, errors, most, unknown };
}

/** Stacked columns side by side: `parts[part][column]`, the first part drawn lowest. */
export interface Columns {
  readonly of: 'time' | 'duration';
  readonly columns: number;
  /** Of time: where the first begins and how long each is, in ns. Of durations: the first row of the API. */
  readonly start: number;
  readonly step: number;
  readonly names: readonly string[];
  readonly parts: readonly Float64Array[];
  readonly most: number;
}

export const OUTCOMES = ['without errors', 'with errors'] as const;
/** From the one drawn lowest on: what matters stands on the ground, where its height can be compared. */
export const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'unset'] as const;

function stacked(
  base: Pick<Columns, 'of' | 'columns' | 'start' | 'step' | 'names'>,
  cells: readonly HistogramCell[],
  place: (cell: HistogramCell) => number,
  share: (cell: HistogramCell) => readonly number[],
): Columns {
  const parts = base.names.map(() => new Float64Array(base.columns));
  const sums = new Float64Array(base.columns);
  for (const cell of cells) {
    const column = place(cell);
    if (column < 0 || column >= base.columns) continue;
    for (const [part, value] of share(cell).entries()) {
      parts[part]![column] = parts[part]![column]! + value;
      sums[column] = sums[column]! + value;
    }
  }
  return { ...base, parts, most: sums.reduce((most, sum) => Math.max(most, sum), 0) };
}

const outcomes = (cell: HistogramCell): number[] => [cell.count - cell.error_count, cell.error_count];

/** Counts over time: with and without errors or, of logs, by level. */
export function overTime(answer: Histogram, of: 'outcomes' | 'levels'): Columns {
  const names = of === 'levels' ? LEVELS : OUTCOMES;
  const levels = (cell: HistogramCell): number[] => LEVELS.map((level) => (level === cell.severity ? cell.count : 0));
  const place = columnsOf(answer);
  return stacked(
    { of: 'time', ...place, step: answer.step, names },
    answer.cells,
    (cell) => Math.round((cell.time_unix_nano - place.start) / answer.step),
    of === 'levels' ? levels : outcomes,
  );
}

/** Counts over durations, all times together. */
export function overDuration(answer: Histogram): Columns {
  const heat = heatOf(answer);
  return stacked(
    { of: 'duration', columns: heat.rows, start: heat.lowest, step: 1, names: OUTCOMES },
    answer.cells.filter((cell) => cell.low !== null),
    (cell) => rowOf(cell.low!) - heat.lowest,
    outcomes,
  );
}
