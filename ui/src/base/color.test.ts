import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assignBadges,
  assignPlaces,
  initials,
  isAgain,
  recalledBadges,
  SLOTS,
  slotAt,
  stripeOn,
  textOn,
} from './color';

describe('assignPlaces', () => {
  it('gives ten services ten colours, in any order of arrival of one batch', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1, maxLength: SLOTS }), (names) => {
        const one = assignPlaces(new Map(), names);
        const other = assignPlaces(new Map(), [...names].reverse());
        expect(new Set([...one.values()].map(slotAt)).size).toBe(names.length);
        expect([...one.values()].some(isAgain)).toBe(false);
        expect(Object.fromEntries(one)).toEqual(Object.fromEntries(other));
      }),
    );
  });

  it('never changes a place that was given, and gives none twice', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (first, second) => {
        const before = new Map(assignPlaces(new Map(), first));
        const after = assignPlaces(new Map(before), second);
        for (const [name, place] of before) expect(after.get(name)).toBe(place);
        expect(new Set(after.values()).size).toBe(after.size);
      }),
    );
  });

  it('comes to the same colours again from the eleventh on, and says so', () => {
    expect([0, 9, 10, 23].map((place) => [slotAt(place), isAgain(place)])).toEqual([
      [0, false],
      [9, false],
      [0, true],
      [3, true],
    ]);
  });
});

describe('stripeOn', () => {
  it('keeps away from the text', () => {
    expect(['#254466', '#ebe61b'].map(stripeOn)).toEqual(['#132233', '#f5f38d']);
  });
});

describe('assignBadges', () => {
  it('tells services apart that begin alike, and changes none that was given', () => {
    const badges = assignBadges(new Map(), ['cart', 'catalog', 'checkout', 'category']);
    expect(Object.fromEntries(badges)).toEqual({ cart: 'ca', catalog: 'ct', category: 'ce', checkout: 'ch' });
    expect(assignBadges(badges, ['cab']).get('cart')).toBe('ca');
  });

  it('are the same after a reload, whenever each service was first seen', () => {
    const badges = assignBadges(assignBadges(new Map(), ['catalog']), ['checkout', 'cart']);
    expect(badges.get('catalog')).toBe('ca');
    expect(recalledBadges(badges.keys())).toEqual(badges);
  });
});

describe('textOn', () => {
  it('is black or white, whichever reads better', () => {
    expect(['#254466', '#ebe61b', '#000000', '#ffffff'].map(textOn)).toEqual([
      '#ffffff',
      '#000000',
      '#ffffff',
      '#000000',
    ]);
  });
});

describe('initials', () => {
  it('takes the first letters of two words, or two letters of one', () => {
    expect(['checkout-api', 'payments', 'a', '', 'Über_Ärger', '👩‍👧 family'].map(initials)).toEqual([
      'ca',
      'pa',
      'a',
      '?',
      'üä',
      'fa',
    ]);
  });
});
