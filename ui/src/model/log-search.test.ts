import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logParams, readLogView, splitByMatch } from './log-search';

const read = (query: string) => readLogView(new URLSearchParams(query));

describe('the log search in the address', () => {
  it('becomes parameters', () => {
    expect(logParams(read('q=declined&service=payments&severity=warn&from=now-15m&sort=oldest'))).toEqual({
      text: 'declined',
      service: 'payments',
      severity: 'WARN',
      start: 'now-15m',
      end: null,
      sort: 'oldest',
    });
    expect(logParams(read(''))).toEqual({
      text: null,
      service: null,
      severity: null,
      start: 'now-1h',
      end: null,
      sort: 'newest',
    });
  });

  it('says what it could not read', () => {
    expect(read('severity=loud&from=soon').notices).toEqual([
      '“loud” is no severity: all are shown.',
      'The time range in the address could not be read: the last hour is shown.',
    ]);
  });
});

describe('splitByMatch', () => {
  it('marks every find and loses nothing', () => {
    expect(splitByMatch('Card declined, card gone', 'card')).toEqual(['', 'Card', ' declined, ', 'card', ' gone']);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, needle) => {
        expect(splitByMatch(text, needle).join('')).toBe(text);
      }),
    );
  });
});
