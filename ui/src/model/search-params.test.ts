import { describe, expect, it } from 'vitest';
import { filterParams, readBegun, readRange, readSearch, writeRange } from './search-params';
import { DEFAULT_RANGE, isTime, label, resolve, shift, toParameter } from './time-range';

const read = (query: string) =>
  readSearch(new URLSearchParams(query), {
    sort: ['newest', 'slowest'],
    view: ['traces', 'spans'],
    chart: ['heat', 'off'],
  });

describe('the search in the address', () => {
  it('is the last hour, newest first, when it says nothing', () => {
    expect(read('')).toEqual({
      text: '',
      range: DEFAULT_RANGE,
      sort: 'newest',
      view: 'traces',
      chart: 'heat',
      notices: [],
    });
  });

  it('keeps what is good and says what is not', () => {
    const view = read('q=service:a&sort=best&from=yesterday');
    expect([view.text, view.sort, view.range, view.notices.length]).toEqual(['service:a', 'newest', DEFAULT_RANGE, 2]);
  });

  it('may begin elsewhere by itself, and has to begin somewhere where a page cannot do without', () => {
    const query = (text: string): URLSearchParams => new URLSearchParams(text);
    const day = { from: 'now-24h', to: '' };
    expect(readRange(query(''), 'now-24h')).toEqual({ range: day, notices: [] });
    expect(readRange(query('from=soon'), 'now-24h').notices).toEqual([
      'The time range in the address could not be read; shown instead: last 24 hours.',
    ]);
    const show = (unixNano: number): string => `${new Date(unixNano / 1e6).getUTCDate()} Nov`;
    expect(readBegun(query('from=all'), 'now-24h', show)).toEqual({
      range: day,
      notices: ['This page needs a time to begin at; shown instead: last 24 hours.'],
    });
    expect(readBegun(query('from=now-7d&to=now-1d'), 'now-24h', show).range).toEqual({ from: 'now-7d', to: 'now-1d' });
    expect(readBegun(query('from=all&to=2026-11-18T12:00:00Z'), 'now-24h', show)).toEqual({
      range: { from: '2026-11-17T12:00:00.000Z', to: '2026-11-18T12:00:00Z' },
      notices: ['This page needs a time to begin at; shown instead: 17 Nov – 18 Nov.'],
    });
    expect([writeRange(day), writeRange(day, 'now-24h')]).toEqual([
      { from: 'now-24h', to: null },
      { from: null, to: null },
    ]);
  });

  it('says that a link of another version may not be understood', () => {
    expect([read('v=1').notices.length, read('v=2').notices.length]).toEqual([0, 1]);
  });

  it('writes only what is not the default', () => {
    const back = (from: string, to: string): unknown => {
      const query = new URLSearchParams();
      for (const [key, value] of Object.entries(writeRange({ from, to }))) if (value) query.set(key, value);
      return read(query.toString()).range;
    };
    expect(writeRange(DEFAULT_RANGE)).toEqual({ from: null, to: null });
    for (const range of [
      { from: '', to: '' },
      { from: 'now-5m', to: '' },
      { from: '', to: 'now-5m' },
      { from: '2026-01-01', to: '2026-01-02' },
    ]) {
      expect(back(range.from, range.to)).toEqual(range);
    }
  });

  it('shows groups where the text makes them, and asks lists and charts for what they are made of', () => {
    const view = read('q=service:a | group name | count&sort=slowest&from=now-15m&view=spans');
    expect([view.view, view.sort]).toEqual(['groups', 'slowest']);
    expect(filterParams(view.text, view.range)).toEqual({ q: 'service:a', start: 'now-15m', end: null });
    expect(filterParams('', DEFAULT_RANGE)).toEqual({ q: null, start: 'now-1h', end: null });
  });
});

describe('time ranges', () => {
  const now = Date.UTC(2026, 10, 21, 12);

  it('resolve relative and absolute times', () => {
    expect([
      resolve('now', now),
      resolve('now-15m', now),
      resolve('2026-11-21T11:00:00Z', now),
      resolve('soon', now),
    ]).toEqual([now, now - 900_000, now - 3_600_000, null]);
    expect(['', 'now-1h', '2026-11-21 14:00', '2026-99-99', 'x'].map(isTime)).toEqual([true, true, true, false, false]);
  });

  it('send relative times as they are and absolute ones in UTC', () => {
    expect([toParameter('now-1h'), toParameter(''), toParameter('2026-11-21T12:00:00+01:00')]).toEqual([
      'now-1h',
      null,
      '2026-11-21T11:00:00.000Z',
    ]);
  });

  it('are moved by their own length', () => {
    expect(shift({ from: 'now-1h', to: '' }, -1, now)).toEqual({
      from: '2026-11-21T10:00:00.000Z',
      to: '2026-11-21T11:00:00.000Z',
    });
  });

  it('are named', () => {
    const show = (nano: number): string => String(nano);
    expect([
      label({ from: 'now-1h', to: '' }, show),
      label({ from: 'now-3d', to: '' }, show),
      label({ from: '', to: '' }, show),
      label({ from: 'now-2h', to: 'now-1h' }, show),
    ]).toEqual(['Last hour', 'Last 3 days', 'All time', 'now-2h – now-1h']);
  });
});
