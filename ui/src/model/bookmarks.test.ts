import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../api/types';
import { isTooLong, LONGEST, MOST_BOOKMARKS, placeOf, readBookmarks, toggled } from './bookmarks';

const record = (body: string, time = 1_700_000_000_000_000_000): LogRecord =>
  ({
    time_unix_nano: time,
    service: 'api',
    instance: '1',
    span_id: null,
    body,
    attributes: {},
  }) as unknown as LogRecord;

describe('bookmarks', () => {
  it('are made and taken away by the same act, the newest first', () => {
    const one = toggled([], record('a'), 1);
    const two = toggled(one, record('b'), 2);
    expect(two.map(({ log, at }) => [log.body, at])).toEqual([
      ['b', 2],
      ['a', 1],
    ]);
    expect(toggled(two, { ...record('a') }, 3).map(({ log }) => log.body)).toEqual(['b']);
  });

  it('are so many at most: the oldest gives way', () => {
    let marks = toggled([], record('first'), 0);
    for (let number = 0; number < MOST_BOOKMARKS; number++) marks = toggled(marks, record(`${number}`), number);
    expect([marks.length, marks.some(({ log }) => log.body === 'first')]).toEqual([MOST_BOOKMARKS, false]);
    expect([isTooLong(record('x')), isTooLong(record('x'.repeat(LONGEST)))]).toEqual([false, true]);
  });

  it('are read from whatever the browser has kept', () => {
    const good = toggled([], record('a'), 1);
    expect(readBookmarks(JSON.parse(JSON.stringify(good)))).toEqual(good);
    expect([null, {}, 'x', [null, 1, { log: 'x' }, { at: 1 }]].map((value) => readBookmarks(value))).toEqual([
      [],
      [],
      [],
      [],
    ]);
  });

  it('lead to the lines around them', () => {
    expect(placeOf(record('a'))).toEqual({
      q: 'service:api',
      from: '2023-11-14T22:12:20.000Z',
      to: '2023-11-14T22:14:20.000Z',
      log: '1700000000000000000',
    });
  });
});
