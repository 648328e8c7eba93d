import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readWords } from './time-words';

/** In Berlin clocks went from 2 to 3 on March 29 of 2026, and from 3 to 2 on October 25. */
beforeAll(() => {
  vi.stubEnv('TZ', 'Europe/Berlin');
});
afterAll(() => {
  vi.unstubAllEnvs();
});

describe('readWords on days of which the clocks are changed', () => {
  const december = Date.UTC(2026, 11, 1);
  const between = (from: string, to: string) => ({ from: `2026-${from}:00.000Z`, to: to && `2026-${to}:00.000Z` });

  it('takes an hour as a clock shows it', () => {
    expect(new Date(2026, 2, 29, 12).getTimezoneOffset()).toBe(-120);
    expect(readWords('Mar 29 3pm', december)).toEqual(between('03-29T13:00', ''));
    expect(readWords('Oct 25 3pm to 5pm', december)).toEqual(between('10-25T14:00', '10-25T16:00'));
    expect(readWords('Mar 28 22:00 to 04:00', december)).toEqual(between('03-28T21:00', '03-29T02:00'));
    expect(readWords('6pm', Date.UTC(2026, 2, 30, 10))).toEqual(between('03-29T16:00', ''));
  });

  it('ends a day at midnight', () => {
    expect(readWords('Mar 29', december)).toEqual(between('03-28T23:00', '03-29T22:00'));
    expect(readWords('Oct 25', december)).toEqual(between('10-24T22:00', '10-25T23:00'));
    expect(readWords('yesterday', Date.UTC(2026, 9, 26, 10))).toEqual(between('10-24T22:00', '10-25T23:00'));
  });
});
