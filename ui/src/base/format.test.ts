import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, count, duration, parseDuration, percent, plural, rate, ratio, tickLabel, total } from './format';

const plain = (text: string): string => text.replaceAll(' ', ' ');

describe('duration', () => {
  it('has three significant digits and the unit that makes it short', () => {
    const shown = [0, 1, 999, 1000, 1240, 56_000, 999_600, 812e6, 1.24e9, 12.4e9, 59.9e9, 185e9, 7440e9, 3e14];
    expect(shown.map((ns) => plain(duration(ns)))).toEqual([
      '0 ns',
      '1 ns',
      '999 ns',
      '1 µs',
      '1.24 µs',
      '56 µs',
      '1.00 ms',
      '812 ms',
      '1.24 s',
      '12.4 s',
      '59.9 s',
      '3 m 05 s',
      '2 h 04 m',
      '3 d',
    ]);
  });

  it('shows what is negative and what is no number', () => {
    expect([plain(duration(-3e6)), duration(Number.NaN)]).toEqual(['−3 ms', '–']);
  });

  it('stays within half a percent, and short, for every duration', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 59_000_000_000 }), (ns) => {
        const text = duration(ns);
        const back = parseDuration(text.replace(' ', ''));
        expect(Math.abs(back! - ns) / ns).toBeLessThanOrEqual(0.006);
        expect(text.length).toBeLessThanOrEqual(7);
      }),
    );
  });
});

describe('parseDuration', () => {
  it('reads numbers with a unit and nothing else', () => {
    const texts = ['500ms', '1.5s', '20us', '2µs', ' 3 m ', '1h', '7ns', '500', 'ms', '-1s', '1e3ms', ''];
    expect(texts.map(parseDuration)).toEqual([5e8, 1.5e9, 2e4, 2e3, 18e10, 36e11, 7, null, null, null, null, null]);
  });
});

describe('counts and shares', () => {
  it('groups thousands and says when a number is a lower bound', () => {
    expect([count(1204), plural(1, 'span'), plural(1204, 'span'), plain(total(10_000, 'gte')), total(7, 'eq')]).toEqual(
      ['1,204', '1 span', '1,204 spans', '≥ 10,000', '7'],
    );
  });

  it('never calls a part of something nothing, nor a part of everything all', () => {
    expect([0, 0.0001, 0.034, 0.42, 0.998, 1].map((share) => plain(percent(share)))).toEqual([
      '0 %',
      '< 0.1 %',
      '3.4 %',
      '42 %',
      '99 %',
      '100 %',
    ]);
  });
});

describe('tickLabel', () => {
  it('has as many digits as its step needs', () => {
    const labels = [tickLabel(0, 5e7), tickLabel(5e7, 5e7), tickLabel(1.5e9, 5e8), tickLabel(1_234_500, 500)];
    expect(labels.map(plain)).toEqual(['0', '50 ms', '1.5 s', '1.2345 ms']);
  });
});

describe('rate', () => {
  it('is of a second, or of a minute where it is small', () => {
    expect([0, 0.001, 0.075, 0.9, 1.25, 12.4, 1234.5].map(rate)).toEqual([
      '0',
      '< 0.1 / min',
      '4.5 / min',
      '54 / min',
      '1.3 / s',
      '12 / s',
      '1,235 / s',
    ]);
  });
});

describe('bytes', () => {
  it('has two digits and its unit', () => {
    expect([0, 812, 4200, 31e6, 2.5e9].map(bytes)).toEqual(['0 B', '812 B', '4.2 kB', '31 MB', '2.5 GB']);
  });
});

describe('ratio', () => {
  it('says nothing of what is alike', () => {
    expect([
      ratio(3, 2, 'slower', 'faster'),
      ratio(1, 2, 'slower', 'faster'),
      ratio(1.02, 1, 'more', 'less'),
      ratio(128, 1, 'slower', 'faster'),
    ]).toEqual(['1.5× slower', '2.0× faster', 'alike', '128× slower']);
  });
});
