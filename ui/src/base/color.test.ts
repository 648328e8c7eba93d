import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignBadges, assignSlots, initials, recalledBadges, SLOTS, textOn } from './color';

describe('assignSlots', () => {
  it('gives ten services ten colours, in any order of arrival of one batch', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1, maxLength: SLOTS }), (names) => {
        const one = assignSlots(new Map(), names);
        const other = assignSlots(new Map(), [...names].reverse());
        expect(new Set(one.values()).size).toBe(names.length);
        expect(Object.fromEntries(one)).toEqual(Object.fromEntries(other));
      }),
    );
  });

  it('never changes a colour that was given', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (first, second) => {
        const before = new Map(assignSlots(new Map(), first));
        const after = assignSlots(new Map(before), second);
        for (const [name, slot] of before) expect(after.get(name)).toBe(slot);
      }),
    );
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
