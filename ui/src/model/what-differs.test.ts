import { describe, expect, it } from 'vitest';
import { explainParams } from './what-differs';

const MINUTE = 60e9;
const start = Date.UTC(2026, 10, 21, 12) * 1e6;
const range = { from: 'now-1h', to: '' };
const now = Date.UTC(2026, 10, 21, 12, 30);

describe('what is asked of a part of a chart', () => {
  it('is its durations against all others of the same time', () => {
    const selection = { start, end: start + 5 * MINUTE, low: 500e6, high: null };
    expect(explainParams('service:a | count', range, selection, now)).toEqual({
      q: 'service:a',
      a: 'duration>=500ms',
      start: '2026-11-21T12:00:00.000Z',
      end: '2026-11-21T12:05:00.000Z',
    });
  });

  it('is a stretch of time against what came before it', () => {
    const selection = { start, end: start + 5 * MINUTE, low: null, high: null };
    expect(explainParams('', range, selection, now)).toEqual({
      q: null,
      start: '2026-11-21T12:00:00.000Z',
      end: '2026-11-21T12:05:00.000Z',
      baseline_start: '2026-11-21T11:30:00.000Z',
      baseline_end: '2026-11-21T12:00:00.000Z',
    });
  });
});
