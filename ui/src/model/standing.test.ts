import { describe, expect, it } from 'vitest';
import { standingSentence, standingText } from './standing';

describe('standing', () => {
  it('is a percentile with how many it is of', () => {
    expect([1205, 0, 1239, 1240].map((below) => standingText({ of: 1240, below, hours: 1 }))).toEqual([
      'p97 of 1,240',
      'p0 of 1,240',
      'p99 of 1,240',
      'slowest of 1,240',
    ]);
    expect(standingSentence({ of: 1240, below: 1205, hours: 1 })).toBe(
      'It took longer than 1,205 of 1,240 of this operation in the hour before.',
    );
  });

  it('says so where there is not enough history', () => {
    expect(standingText({ of: 29, below: 12, hours: 24 })).toBe('');
    expect(standingSentence({ of: 29, below: 12, hours: 24 })).toBe(
      'Not enough history: 29 of this operation in the 24 hours before, and a percentile takes 30.',
    );
  });
});
