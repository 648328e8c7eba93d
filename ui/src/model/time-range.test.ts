import { describe, expect, it } from 'vitest';
import { before, reaching, shift, widen } from './time-range';

const NOW = Date.parse('2026-11-21T15:00:00Z');

describe('twice the time', () => {
  it('stays open where it was, and relative where it was', () => {
    expect(widen({ from: 'now-15m', to: '' }, NOW)).toEqual({ from: 'now-30m', to: '' });
    expect(widen({ from: '2026-11-21T14:00:00Z', to: '' }, NOW)).toEqual({ from: '2026-11-21T13:00:00.000Z', to: '' });
  });
  it('grows to both sides, but not into what lies ahead', () => {
    expect(widen({ from: '2026-11-21T10:00:00Z', to: '2026-11-21T12:00:00Z' }, NOW)).toEqual({
      from: '2026-11-21T09:00:00.000Z',
      to: '2026-11-21T13:00:00.000Z',
    });
    expect(widen({ from: '2026-11-21T10:00:00Z', to: '2026-11-21T14:00:00Z' }, NOW)).toEqual({
      from: '2026-11-21T08:00:00.000Z',
      to: '2026-11-21T15:00:00.000Z',
    });
  });
});

describe('a range without a beginning', () => {
  const range = { from: '', to: '2026-11-18T12:00:00Z' };
  it('is all there is before its end: nothing is twice as long', () => {
    expect(widen(range, NOW)).toEqual(range);
  });
  it('moves by a day', () => {
    const [day, next] = ['2026-11-18T12:00:00.000Z', '2026-11-19T12:00:00.000Z'];
    expect(shift(range, 1, NOW)).toEqual({ from: day, to: next });
    expect(shift(range, -1, NOW)).toEqual({ from: '2026-11-16T12:00:00.000Z', to: '2026-11-17T12:00:00.000Z' });
  });
  it('begins as long before its end as another before now', () => {
    const begun = (to: string): string => before(to, 'now-24h');
    expect(['', 'now', 'now-3d', 'now-90m', range.to].map(begun)).toEqual([
      ...['now-24h', 'now-24h', 'now-4d', 'now-1530m', '2026-11-17T12:00:00.000Z'],
    ]);
  });
});

describe('a range that reaches a moment', () => {
  it('is the usual one, or begins a little before it', () => {
    const at = (text: string): unknown => reaching(Date.parse(text) * 1e6, NOW);
    expect([at('2026-11-21T14:30:00Z'), at('2026-11-20T09:00:00Z')]).toEqual([
      { from: null },
      { from: '2026-11-20T08:59:00.000Z' },
    ]);
  });
});
