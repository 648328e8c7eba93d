import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ghostOf, headingOf, isGhost, isHeading, placeOfGhost, serviceOfHeading } from './waterfall-entries';

it('tells headings, ghosts and rows apart', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (number) => {
      const [heading, ghost] = [headingOf(number), ghostOf(number)];
      expect([heading, ghost, number].map(isHeading)).toEqual([true, false, false]);
      expect([heading, ghost, number].map(isGhost)).toEqual([false, true, false]);
      expect([serviceOfHeading(heading), placeOfGhost(ghost)]).toEqual([number, number]);
    }),
  );
});
