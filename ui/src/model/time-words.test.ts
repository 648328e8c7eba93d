import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTime } from './time-range';
import { readWords } from './time-words';

const NOW = new Date(2026, 4, 20, 14, 30).getTime();
const at = (month: number, day: number, hour = 0, minute = 0, year = 2026): string =>
  new Date(year, month, day, hour, minute).toISOString();

describe('readWords', () => {
  it('takes lengths back from now', () => {
    expect(
      ['20m', 'last 20 minutes', '2 hours ago', 'last hour', 'past 3 days', '90s'].map(
        (text) => readWords(text, NOW, 'local')?.from,
      ),
    ).toEqual(['now-20m', 'now-20m', 'now-2h', 'now-1h', 'now-3d', 'now-90s']);
  });

  it('takes days, and times of them', () => {
    expect(readWords('Yesterday', NOW, 'local')).toEqual({ from: at(4, 19), to: at(4, 20) });
    expect(readWords('today', NOW, 'local')).toEqual({ from: at(4, 20), to: '' });
    expect(readWords('yesterday at 3pm', NOW, 'local')).toEqual({ from: at(4, 19, 15), to: '' });
    expect(readWords('Jan 5, 3pm–5pm', NOW, 'local')).toEqual({ from: at(0, 5, 15), to: at(0, 5, 17) });
    expect(readWords('5 January 3-5pm', NOW, 'local')).toEqual({ from: at(0, 5, 15), to: at(0, 5, 17) });
    expect(readWords('yesterday 22:00 to 02:00', NOW, 'local')).toEqual({ from: at(4, 19, 22), to: at(4, 20, 2) });
    expect(readWords('2026-05-19', NOW, 'local')).toEqual({ from: at(4, 19), to: at(4, 20) });
    expect(readWords('2026-05-19 14:00', NOW, 'local')).toEqual({ from: at(4, 19, 14), to: '' });
    expect(readWords('2026-05-19 14:00 – 15:30', NOW, 'local')).toEqual({ from: at(4, 19, 14), to: at(4, 19, 15, 30) });
  });

  it('means a time that has been, and leaves an end open that is still to come', () => {
    expect(readWords('9:15', NOW, 'local')).toEqual({ from: at(4, 20, 9, 15), to: '' });
    expect(readWords('6pm', NOW, 'local')).toEqual({ from: at(4, 19, 18), to: '' });
    expect(readWords('1pm-4pm', NOW, 'local')).toEqual({ from: at(4, 20, 13), to: '' });
    expect(readWords('Dec 24', NOW, 'local')).toEqual({ from: at(11, 24, 0, 0, 2025), to: at(11, 25, 0, 0, 2025) });
  });

  it('says nothing of what is no time', () => {
    expect(
      [
        '',
        '5',
        'soon',
        'feb 31',
        '25:00',
        '13pm',
        'may 40',
        '2026-02-31',
        '2026-13-01 3pm',
        '3pm-5pm-6pm',
        'last constructor',
      ].map((text) => readWords(text, NOW, 'local')),
    ).toEqual(new Array(11).fill(null));
    fc.assert(
      fc.property(fc.string(), (text) => {
        const found = readWords(text, NOW, 'local');
        expect(found === null || (isTime(found.from) && isTime(found.to))).toBe(true);
      }),
    );
  });
});
