import { describe, expect, it } from 'vitest';
import { diagnosisParams } from './baseline';

const NOW = Date.UTC(2026, 10, 21, 14, 0, 0);
const HOUR = { from: 'now-1h', to: '' };

describe('diagnosisParams', () => {
  it('leaves the baseline to the collector, moves it by a day or a week, or takes two times', () => {
    expect([
      diagnosisParams(HOUR, '', null, NOW),
      diagnosisParams(HOUR, 'day', 'cart', NOW),
      diagnosisParams({ from: '2026-11-21T10:00:00Z', to: '2026-11-21T11:00:00Z' }, 'week', null, NOW),
      diagnosisParams(HOUR, '2026-11-20T00:00:00Z,2026-11-20T01:00:00Z', null, NOW),
      diagnosisParams(HOUR, 'nonsense,later', null, NOW),
      diagnosisParams(HOUR, 'constructor', null, NOW),
    ]).toEqual([
      { start: 'now-1h', end: null, service: null },
      {
        start: 'now-1h',
        end: null,
        service: 'cart',
        baseline_start: '2026-11-20T13:00:00.000Z',
        baseline_end: '2026-11-20T14:00:00.000Z',
      },
      {
        start: '2026-11-21T10:00:00.000Z',
        end: '2026-11-21T11:00:00.000Z',
        service: null,
        baseline_start: '2026-11-14T10:00:00.000Z',
        baseline_end: '2026-11-14T11:00:00.000Z',
      },
      {
        start: 'now-1h',
        end: null,
        service: null,
        baseline_start: '2026-11-20T00:00:00.000Z',
        baseline_end: '2026-11-20T01:00:00.000Z',
      },
      { start: 'now-1h', end: null, service: null },
      { start: 'now-1h', end: null, service: null },
    ]);
  });

  it('does not ask about all time', () => {
    expect(diagnosisParams({ from: '', to: '' }, '', null, NOW)).toBeNull();
  });
});
