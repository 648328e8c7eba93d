import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aroundMoment, asNdjson, columnText, linesOf, splitByMatch, wantedWords } from './log-search';
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
    const columns = [
      'instance',
      'retries',
      'region',
      'resource.region',
      'host.name',
      'none',
      'constructor',
      '__proto__',
    ];
    expect(columns.map((column) => columnText(log, column))).toEqual(['api-1', '3', 'own', 'eu', 'a', '', '', '']);
  });

  it('is copied with its record, one a line', () => {
    const lines = asNdjson([makeLog(null, 1), makeLog(null, 2)]).split('\n');
    expect([lines.length, JSON.parse(lines[1]!).body]).toEqual([3, 'line']);
  });
});

describe('the lines of a node', () => {
  it('are asked for by its service and, where it is known, its instance', () => {
    expect([linesOf('cart'), linesOf('shop cart', 'cart-1')]).toEqual([
      'service:cart',
      'service:"shop cart" instance:cart-1',
    ]);
  });

  it('are those of a quarter of an hour before a moment, and of a minute after its end', () => {
    const noon = Date.parse('2026-11-21T12:00:00Z') * 1e6;
    expect(aroundMoment(noon, noon + 30e9)).toEqual({
      from: '2026-11-21T11:45:00.000Z',
      to: '2026-11-21T12:01:30.000Z',
    });
  });
});
