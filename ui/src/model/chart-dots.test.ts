import { describe, expect, it } from 'vitest';
import { type Dot, dotPath, nearestDot } from './chart-dots';

const dot = (time: number, failed = false): Dot => ({ time, value: 0, failed, href: `t/${time}`, label: '' });

describe('nearestDot', () => {
  it('is the nearest within reach, and none where all are far', () => {
    const dots = [dot(0), dot(10), dot(40)];
    const at = (x: number): number | undefined => nearestDot(dots, (each) => Math.abs(each.time - x))?.time;
    expect([at(4), at(6), at(25), at(29), at(53), nearestDot([], () => 0)]).toEqual([
      0,
      10,
      undefined,
      40,
      undefined,
      null,
    ]);
  });
});

describe('dotPath', () => {
  it('tells what failed by its shape', () => {
    expect([dotPath(dot(1), 10, 20), dotPath(dot(1, true), 10, 20)]).toEqual([
      'M6.0 20.0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z',
      'M10.0 14.5l5.5 5.5-5.5 5.5-5.5-5.5Z',
    ]);
  });
});
