import { describe, expect, it } from 'vitest';
import { readRanges, withRange } from './recent-ranges';

const day = (number: number): { from: string; to: string } => ({
  from: `2026-11-0${number}`,
  to: `2026-11-0${number + 1}`,
});

describe('recent time ranges', () => {
  it('has the newest first, each once, and five of them', () => {
    const list = [1, 2, 3, 4, 5, 6, 3].map(day).reduce(withRange, readRanges(null));
    expect(list).toEqual([3, 6, 5, 4, 2].map(day));
  });
  it('leaves out what the presets say', () => {
    expect(withRange([day(1)], { from: 'now-1h', to: '' })).toEqual([day(1)]);
    expect(withRange([], { from: 'now-90m', to: '' })).toEqual([{ from: 'now-90m', to: '' }]);
  });
  it('reads what a browser kept, and nothing that is no range', () => {
    const odd = ['x', null, { from: 1, to: 2 }, { from: 'soon', to: '' }, { from: '2026-11-01' }, day(2)];
    expect(readRanges(odd)).toEqual([day(2)]);
    expect(readRanges('no list')).toEqual([]);
  });
});
