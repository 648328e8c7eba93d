import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallPlace } from '../api/comparison';
import { changesText, comparisonParams, meanCount, missing, placeRows, readAsked, sides } from './comparison';

const ONE = 'a'.repeat(32);
const TWO = 'b'.repeat(32);
const HOUR = { from: 'now-1h', to: '' };
const asked = (text: string): ReturnType<typeof readAsked> => readAsked(new URLSearchParams(text));

const figures = { calls: 1, duration: 1, failed: 0, present: 1, self_time: 1 };
const place = (id: number, parent: number | null, share: number, changes: CallPlace['changes'] = []): CallPlace => ({
  id,
  parent,
  share,
  changes,
  depth: 0,
  service: 's',
  operation: String(id),
  claim: '',
  share_of_failures: 0,
  share_of_time: share,
  a: figures,
  b: figures,
});

describe('what is compared', () => {
  it('is read from the sides where the address does not name it', () => {
    expect(
      ['', `a=${ONE}`, `a=${ONE}&b=${TWO}`, 'a=service:x', 'split=failed', 'split=nonsense'].map(
        (text) => asked(text).way,
      ),
    ).toEqual(['windows', 'baseline', 'traces', 'queries', 'failed', 'windows']);
  });

  it('asks only for what belongs to it', () => {
    expect([
      comparisonParams(asked(`a=${ONE}&b=${TWO}&q=left:over`), HOUR),
      comparisonParams(asked(`split=slow&operation=GET&threshold=p99&a=${ONE}`), HOUR),
      comparisonParams(asked('split=version&a=1&b=2&service=shop'), HOUR),
      comparisonParams(asked(`a=${ONE}`), HOUR),
    ]).toEqual([
      { split: null, a: ONE, b: TWO, threshold: null },
      {
        start: 'now-1h',
        end: null,
        q: null,
        service: null,
        operation: 'GET',
        split: 'slow',
        a: null,
        b: null,
        threshold: 'p99',
      },
      {
        start: 'now-1h',
        end: null,
        q: null,
        service: 'shop',
        operation: null,
        split: 'version',
        a: '1',
        b: '2',
        threshold: null,
      },
      { split: null, a: ONE, b: 'baseline', threshold: null },
    ]);
  });

  it('says what is missing, and names both sides', () => {
    expect([
      missing(asked('split=traces')),
      missing(asked('split=slow')),
      missing(asked(`a=${ONE}`)),
      missing(asked('')),
    ]).toEqual(['Give the ids of two traces.', 'Give an operation or a query: slow is slow for what it does.', '', '']);
    expect(sides({ split: 'traces' }, asked(`a=${ONE}&b=${TWO}`))).toEqual(['trace aaaaaaaa', 'trace bbbbbbbb']);
  });
});

describe('meanCount', () => {
  it('writes parts of a call, and those that would be rounded to none', () => {
    expect([0, 3, 1.5, 0.004].map(meanCount)).toEqual(['0', '3', '1.50', '< 0.01']);
  });
});

describe('placeRows', () => {
  it('puts the greatest difference first, below the calls that lead to it, and leaves out what is alike', () => {
    const places = [
      place(1, null, 0),
      place(2, 1, 0.1, ['slower']),
      place(3, 1, 0),
      place(4, 3, 0.9, ['slower']),
      place(5, 1, 0),
    ];
    expect(placeRows(places, false).map(({ id }) => id)).toEqual([1, 3, 4, 2]);
    expect(placeRows(places, true).map(({ id }) => id)).toEqual([1, 3, 4, 2, 5]);
  });

  it('keeps each place once and after its parent', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }))), (list) => {
        const places = list.map(([chance, share], id) => place(id, id === 0 ? null : chance % id, share, ['slower']));
        const ids = placeRows(places, true).map(({ id }) => id);
        expect([...ids].sort((one, other) => one - other)).toEqual(places.map(({ id }) => id));
        for (const each of places)
          if (each.parent !== null) expect(ids.indexOf(each.parent)).toBeLessThan(ids.indexOf(each.id));
      }),
    );
  });
});

describe('changesText', () => {
  it('names the sides, of which neither need be the earlier', () => {
    expect([changesText(['new']), changesText(['gone']), changesText(['failing more', 'slower'])]).toEqual([
      'only in A',
      'only in B',
      'failing more, slower',
    ]);
  });
});
