import { describe, expect, it } from 'vitest';
import type { Histogram, HistogramCell } from '../api/types';
import { niceTop, type Pen, paintColumns, paintHeat, plotBox, strength, timeTicks } from './chart-paint';
import { durationAt, heatOf, overDuration, overTime, rowOf } from './histogram';

const START = 1_700_000_000_000_000_000;
const SECOND = 1e9;

function answer(cells: Partial<HistogramCell>[], columns = 4): Histogram {
  return {
    start_time_unix_nano: START,
    end_time_unix_nano: START + columns * SECOND,
    step: SECOND,
    cells: cells.map((cell) => ({
      time_unix_nano: START,
      low: null,
      high: null,
      severity: null,
      count: 1,
      error_count: 0,
      ...cell,
    })),
    exact: true,
    next_cursor: null,
    reason: 'end',
    returned: cells.length,
    rows_scanned: 0,
    source: 'rows',
    time: 0,
    took: 0,
    total: cells.length,
    total_relation: 'eq',
  };
}

const cells = [
  { low: 1024, count: 3 },
  { time_unix_nano: START + 2 * SECOND, low: 1_048_576, count: 5, error_count: 2 },
  { time_unix_nano: START + 2 * SECOND, low: null, count: 7 },
];

describe('a histogram', () => {
  it('has the rows of the API, whatever rounding did to their bounds', () => {
    const rows = Array.from({ length: 90 }, (_, row) => row);
    expect(rows.slice(2).map((row) => rowOf(durationAt(row)))).toEqual(rows.slice(2));
    expect([rowOf(0), durationAt(0)]).toEqual([0, 0]);
  });

  it('becomes cells of time and duration, those of unknown duration apart', () => {
    const heat = heatOf(answer(cells));
    expect([heat.columns, heat.rows, heat.lowest, heat.most, heat.unknown]).toEqual([4, 21, 20, 5, 7]);
    expect([heat.counts[0], heat.counts[2 * 21 + 20], heat.errors[2 * 21 + 20]]).toEqual([3, 5, 2]);
  });

  it('becomes columns of time, of levels and of durations', () => {
    const time = overTime(answer(cells), 'outcomes');
    expect(time.parts.map((part) => [...part])).toEqual([
      [3, 0, 10, 0],
      [0, 0, 2, 0],
    ]);
    const logs = overTime(
      answer([
        { severity: 'warn', count: 2 },
        { severity: 'info', count: 9 },
      ]),
      'levels',
    );
    expect([logs.most, ...logs.parts.map((part) => part[0])]).toEqual([11, 0, 0, 2, 9, 0, 0, 0]);
    const lengths = overDuration(answer(cells));
    expect([lengths.parts[0]![0], lengths.parts[0]![20], lengths.parts[1]![20]]).toEqual([3, 3, 2]);
  });

  it('is drawn when it is empty', () => {
    expect(heatOf({ ...answer([]), step: 0 }).columns).toBe(0);
    expect(overTime({ ...answer([]), step: 0 }, 'levels').most).toBe(0);
  });
});

describe('painting', () => {
  const ink = { dim: 'dim', line: 'line', heat: 'heat', hatch: 'hatch', parts: ['one', 'two'], font: '' };

  function drawn(paint: (pen: Pen) => void): string[] {
    const calls: string[] = [];
    const pen = {
      fillStyle: '',
      fillRect: (...at: number[]) => calls.push(`${pen.fillStyle} ${at.map((one) => Math.round(one)).join(' ')}`),
      fillText: (text: string) => calls.push(`text ${text}`),
      clearRect: () => undefined,
    };
    paint(pen as unknown as Pen);
    return calls.filter((call) => /^(heat|hatch|one|two|text)/.test(call));
  }

  it('hatches the share of errors and labels both axes', () => {
    const calls = drawn((pen) => paintHeat(pen, heatOf(answer(cells)), plotBox(460, 224), ink, () => 'then'));
    expect(calls.filter((call) => !call.startsWith('text'))).toEqual([
      'heat 52 196 99 9',
      'heat 252 6 99 9',
      'hatch 252 11 99 3',
    ]);
    expect(calls.filter((call) => call.startsWith('text')).map((call) => call.replace(/[^\w ]/g, ' '))).toContain(
      'text 1 ms',
    );
  });

  it('stacks columns and shows even one of many', () => {
    const columns = overTime(answer([{ count: 1000, error_count: 1 }], 1), 'outcomes');
    const calls = drawn((pen) => paintColumns(pen, columns, plotBox(460, 124), ink, () => 'then'));
    expect(calls.filter((call) => /^(one|two)/.test(call))).toEqual(['one 52 6 399 100', 'two 52 5 399 2']);
  });

  it('is stronger for more, and never invisible', () => {
    const seen = [0, 1, 10, 100].map((value) => strength(value, 100));
    expect(seen[0]).toBe(0);
    expect(seen.slice(1).every((value, index) => value >= 0.16 && value > seen[index]!)).toBe(true);
    expect([1, 2, 3, 7, 10, 11, 399].map(niceTop)).toEqual([2, 2, 4, 10, 10, 20, 400]);
    expect(timeTicks(START, START + 60 * SECOND, 4).map((tick) => (tick / SECOND) % 15)).toEqual([0, 0, 0, 0]);
  });
});
