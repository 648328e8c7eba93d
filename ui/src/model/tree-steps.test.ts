import { describe, expect, it } from 'vitest';
import { makeTrace } from './testing';
import { buildModel } from './trace-model';
import { arrowStep } from './tree-steps';

describe('steps in a tree', () => {
  // 0 ─ 1 ─ 2
  //   └ 3
  // 4
  const { size, parent, subtree } = buildModel(makeTrace({ children: [{ children: [{}] }, {}] }, {}));
  const tree = { size, parent, below: subtree };
  const from = (at: number): (number | null)[] =>
    ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Enter'].map((key) => arrowStep(tree, at, key));

  it('lead to the node above, the first below, and the siblings', () => {
    expect([0, 1, 2, 3, 4].map(from)).toEqual([
      [-1, 1, -1, 4, null],
      [0, 2, -1, 3, null],
      [1, -1, -1, -1, null],
      [0, -1, 1, -1, null],
      [-1, -1, 0, -1, null],
    ]);
  });

  it('begin at the first node, where there is one', () => {
    expect(from(-1)).toEqual([0, 0, 0, 0, null]);
    expect(arrowStep({ size: 0, parent: new Int32Array(), below: new Uint32Array() }, -1, 'ArrowDown')).toBe(-1);
  });
});
