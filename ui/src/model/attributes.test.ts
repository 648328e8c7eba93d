import { describe, expect, it } from 'vitest';
import { exceptionOf, groupAttributes, levelOf, lineText, severityName, valueText, visible } from './attributes';

describe('attributes', () => {
  it('are grouped by the first part of their key where two share it', () => {
    expect(groupAttributes({ 'http.route': '/a', 'http.method': 'GET', 'db.name': 'x', plain: 1 })).toEqual([
      {
        name: '',
        entries: [
          ['db.name', 'x'],
          ['plain', 1],
        ],
      },
      {
        name: 'http',
        entries: [
          ['http.method', 'GET'],
          ['http.route', '/a'],
        ],
      },
    ]);
  });

  it('are filtered by key or value', () => {
    expect(
      groupAttributes({ 'http.route': '/PAY', other: 2 }, 'pay').flatMap((group) => group.entries.map(([key]) => key)),
    ).toEqual(['http.route']);
  });

  it('have one text a value', () => {
    expect([
      valueText('a'),
      valueText(1.5),
      valueText(null),
      valueText([1, 'x']),
      valueText({ base64: '3q2+' }),
      valueText({ base64: 1 }),
    ]).toEqual(['a', '1.5', 'null', '[1,"x"]', 'base64 3q2+', '{"base64":1}']);
  });

  it('writes numbers as the store does, which compares texts', () => {
    expect([1e300, -1.5e-9, -0, 1e20, 1e21, 0.000001, 200].map((value) => valueText(value))).toEqual([
      '1e300',
      '-1.5e-9',
      '-0',
      '100000000000000000000',
      '1e21',
      '0.000001',
      '200',
    ]);
  });
});

describe('visible', () => {
  it('shows what would hide or turn round the text, and keeps lines and emoji', () => {
    expect(visible('a\u202Egnp\u0000 b\n\tc 👩‍👧')).toBe('a␟202egnp␟0000 b\n\tc 👩‍👧'.replace('\u200d', '␟200d'));
  });
});

describe('exceptionOf and levelOf', () => {
  it('finds an exception in attributes', () => {
    expect([exceptionOf({ 'exception.type': 'E' }), exceptionOf({ other: 'x' })]).toEqual([
      { type: 'E', message: '', stack: '' },
      null,
    ]);
  });

  it('names the level of a severity number', () => {
    expect([0, 1, 5, 9, 13, 17, 21, 24, 99].map(levelOf)).toEqual([
      'none',
      'trace',
      'debug',
      'info',
      'warn',
      'error',
      'fatal',
      'fatal',
      'fatal',
    ]);
  });
});

describe('lineText', () => {
  it('is the body, else the name of the event, of neither what would not be seen', () => {
    const of = (body: string | null, event_name: string): string => lineText({ body, event_name }, 8);
    expect([of('card declined', 'x'), of('', 'a\u202eb'), of(null, 'paid')]).toEqual(['card dec', 'a␟202eb', 'paid']);
  });
});

describe('severityName', () => {
  it('is the word of the number, with its grade', () => {
    expect([0, 1, 9, 10, 17, 24].map(severityName)).toEqual(['NONE', 'TRACE', 'INFO', 'INFO2', 'ERROR', 'FATAL4']);
  });
});
