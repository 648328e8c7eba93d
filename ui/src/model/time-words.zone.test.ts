import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { clock, date, type Zone } from '../base/time';
import { resolve, zoned } from './time-range';
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
    expect(readWords('Mar 29 3pm', december, 'local')).toEqual(between('03-29T13:00', ''));
    expect(readWords('Oct 25 3pm to 5pm', december, 'local')).toEqual(between('10-25T14:00', '10-25T16:00'));
    expect(readWords('Mar 28 22:00 to 04:00', december, 'local')).toEqual(between('03-28T21:00', '03-29T02:00'));
    expect(readWords('6pm', Date.UTC(2026, 2, 30, 10), 'local')).toEqual(between('03-29T16:00', ''));
  });

  it('ends a day at midnight', () => {
    expect(readWords('Mar 29', december, 'local')).toEqual(between('03-28T23:00', '03-29T22:00'));
    expect(readWords('Oct 25', december, 'local')).toEqual(between('10-24T22:00', '10-25T23:00'));
    expect(readWords('yesterday', Date.UTC(2026, 9, 26, 10), 'local')).toEqual(between('10-24T22:00', '10-25T23:00'));
  });
});

describe('readWords of another zone than that of the browser', () => {
  const now = Date.UTC(2026, 10, 22, 2);
  const from = (text: string, zone: Zone) => readWords(text, now, zone)?.from;

  it('means the hour and the day that clocks show there', () => {
    expect(['utc', 'America/New_York', 'Asia/Kathmandu'].map((zone) => from('yesterday 3pm', zone as Zone))).toEqual([
      ...['2026-11-21T15:00:00.000Z', '2026-11-20T20:00:00.000Z', '2026-11-21T09:15:00.000Z'],
    ]);
    expect(readWords('2026-11-20', now, 'America/New_York')).toEqual({
      ...{ from: '2026-11-20T05:00:00.000Z', to: '2026-11-21T05:00:00.000Z' },
    });
    expect(from('22 Nov', 'America/New_York')).toBe('2025-11-22T05:00:00.000Z');
  });

  it('takes the earlier of two hours, and goes on over one that is left out', () => {
    expect(from('Nov 1 1:30', 'America/New_York')).toBe('2026-11-01T05:30:00.000Z');
    expect(from('Mar 8 2:30', 'America/New_York')).toBe('2026-03-08T07:30:00.000Z');
    expect(from('Mar 29 2:30', 'local')).toBe('2026-03-29T01:30:00.000Z');
    expect(from('Oct 25 2:30', 'local')).toBe('2026-10-25T00:30:00.000Z');
  });
});

describe('what is typed without a zone', () => {
  it('gets that of the reader', () => {
    const typed = ['2026-11-22 14:00', '2026-07-01T14:00:00.25', '2026-11-22'];
    expect(typed.map((text) => zoned(text, 'America/New_York'))).toEqual([
      ...['2026-11-22T19:00:00.000Z', '2026-07-01T18:00:00.250Z', '2026-11-22T05:00:00.000Z'],
    ]);
    expect(typed.map((text) => resolve(text, 0))).toEqual(
      ['2026-11-22T13:00Z', '2026-07-01T12:00:00.250Z', '2026-11-21T23:00Z'].map(Date.parse),
    );
    const kept = ['', 'now', 'now-90m', '2026-11-22T14:00Z', '2026-11-22T14:00+01:00', 'soon'];
    expect(kept.map((text) => zoned(text, 'America/New_York'))).toEqual(kept);
  });

  it('is what was shown', () => {
    const zones: Zone[] = ['local', 'utc', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: 4e9 }), (zone, seconds) => {
        const shown = `${date(seconds * 1e9, zone)} ${clock(seconds * 1e9, zone, 0)}`;
        const read = resolve(shown, 0, zone)!;
        expect(`${date(read * 1e6, zone)} ${clock(read * 1e6, zone, 0)}`).toBe(shown);
        expect(read).toBeLessThanOrEqual(seconds * 1000);
      }),
    );
  });
});
