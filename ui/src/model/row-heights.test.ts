import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RowHeights } from './row-heights';

it('stands every row below the one before, and finds it by its place', () => {
  const change = fc.tuple(fc.nat(49), fc.integer({ min: 1, max: 400 }));
  fc.assert(
    fc.property(fc.array(change), fc.nat(49), (changes, row) => {
      const heights = new RowHeights(50, 20);
      const plain = new Array<number>(50).fill(20);
      for (const [at, height] of changes) {
        expect(heights.set(at, height)).toBe(height - plain[at]!);
        plain[at] = height;
      }
      const top = plain.slice(0, row).reduce((sum, height) => sum + height, 0);
      expect(heights.top(row)).toBe(top);
      expect([heights.at(top), heights.at(top + plain[row]! - 0.5)]).toEqual([row, row]);
      expect(heights.total).toBe(plain.reduce((sum, height) => sum + height, 0));
    }),
  );
});

it('is empty without rows', () => {
  const none = new RowHeights(0, 20);
  expect([none.total, none.at(100), none.top(3)]).toEqual([0, 0, 0]);
});
