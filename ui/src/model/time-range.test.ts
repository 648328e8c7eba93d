import { describe, expect, it } from 'vitest';
import { reaching, widen } from './time-range';

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

describe('a range that reaches a moment', () => {
  it('is the usual one, or begins a little before it', () => {
    const at = (text: string): unknown => reaching(Date.parse(text) * 1e6, NOW);
    expect([at('2026-11-21T14:30:00Z'), at('2026-11-20T09:00:00Z')]).toEqual([
      { from: null },
      { from: '2026-11-20T08:59:00.000Z' },
    ]);
  });
});
