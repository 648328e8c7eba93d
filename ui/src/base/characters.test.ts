import fc from 'fast-check';
import { expect, it } from 'vitest';
import { charactersBefore, unitOf } from './characters';

it('counts characters as the API does, and finds them again', () => {
  expect([charactersBefore('a👩b', 3), unitOf('a👩b', 2), unitOf('a👩b', 9)]).toEqual([2, 3, 4]);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(40), (text, at) => {
      const characters = Math.min(at, [...text].length);
      expect(charactersBefore(text, unitOf(text, characters))).toBe(characters);
    }),
  );
});
