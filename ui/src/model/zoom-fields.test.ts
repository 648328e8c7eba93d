import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { momentText, typedView } from './zoom-fields';

const MS = 1e6;

describe('the fields of the shown time', () => {
  it('say an end as exactly as it can be seen, in the unit of what is shown', () => {
    const texts = [
      momentText(0, { start: 0, end: 2000 * MS }),
      momentText(2000 * MS, { start: 0, end: 2000 * MS }),
      momentText(1234.5678 * MS, { start: 1234 * MS, end: 1236 * MS }),
      momentText(40.5 * MS, { start: 0, end: 900 * MS }),
      momentText(812, { start: 0, end: 812 }),
      momentText(1, { start: 0, end: 1 }),
    ];
    expect(texts).toEqual(['0s', '2s', '1.234568s', '40.5ms', '812ns', '1ns']);
  });

  it('show again what they said, to a thousandth of it', () => {
    const whole = { start: 0, end: 1e12 };
    const ends = fc.tuple(fc.integer({ min: 0, max: 9e11 }), fc.integer({ min: 1, max: 1e11 }));
    fc.assert(
      fc.property(ends, ([start, length]) => {
        const view = { start, end: start + length };
        const read = typedView(momentText(view.start, view), momentText(view.end, view), whole);
        if (typeof read === 'string') throw new Error(read);
        const least = length / 1000 + 1;
        expect(Math.abs(read.start - view.start)).toBeLessThanOrEqual(least);
        expect(Math.abs(read.end - view.end)).toBeLessThanOrEqual(least);
      }),
    );
  });

  it('stay inside of the trace, and refuse what is no stretch of it', () => {
    const bounds = { start: 0, end: 200 * MS };
    const read = [
      typedView('0', '1h', bounds),
      typedView('20ms', '0.1s', bounds),
      typedView('20', '100ms', bounds),
      typedView('20ms', '', bounds),
      typedView('100ms', '100ms', bounds),
      typedView('300ms', '400ms', bounds),
    ];
    expect(read).toEqual([
      bounds,
      { start: 20 * MS, end: 100 * MS },
      'A time has a unit: 20us, 500ms, 1.5s.',
      'A time has a unit: 20us, 500ms, 1.5s.',
      'The start has to be before the end.',
      'The trace ends at 200ms.',
    ]);
  });
});
