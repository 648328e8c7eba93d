import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asNdjson, columnText, splitByMatch, wantedWords } from './log-search';
import { makeLog } from './testing';

describe('what is marked in a message', () => {
  it('is what was searched for in it', () => {
    expect(wantedWords('"card declined" -gone service:a body:pay*failed timeout NOT body:"x"')).toEqual([
      'card declined',
      'pay',
      'failed',
      'timeout',
      'x',
    ]);
    expect(splitByMatch('Card declined, card gone', ['card', 'gone'])).toEqual([
      '',
      'Card',
      ' declined, ',
      'card',
      ' ',
      'gone',
      '',
    ]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string()), (text, words) => {
        expect(splitByMatch(text, words).join('')).toBe(text);
      }),
    );
  });
});

describe('a column', () => {
  it('holds a field, else an attribute, else one of the resource', () => {
    const log = makeLog('1'.repeat(16), 5);
    log.attributes = { retries: 3, region: 'own' };
    log.resource.attributes = { region: 'eu', 'host.name': 'a' };
    const columns = ['instance', 'retries', 'region', 'resource.region', 'host.name', 'none'];
    expect(columns.map((column) => columnText(log, column))).toEqual(['api-1', '3', 'own', 'eu', 'a', '']);
  });

  it('is copied with its record, one a line', () => {
    const lines = asNdjson([makeLog(null, 1), makeLog(null, 2)]).split('\n');
    expect([lines.length, JSON.parse(lines[1]!).body]).toEqual([3, 'line']);
  });
});
