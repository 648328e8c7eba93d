import { describe, expect, it } from 'vitest';
import { ZoomSteps } from './zoom-steps';

describe('ZoomSteps', () => {
  it('goes back by gestures, not by each turn of the wheel', () => {
    const steps = new ZoomSteps();
    const [whole, within, deep] = [100, 50, 10].map((end) => ({ start: 0, end }));
    steps.leave(whole!, 0);
    steps.leave(deep!, 100);
    steps.leave(within!, 5000);
    expect([steps.back(), steps.back(), steps.back()]).toEqual([within, whole, null]);
  });

  it('goes back to the same time where the trace counts from later', () => {
    const steps = new ZoomSteps();
    steps.leave({ start: 40, end: 90 }, 0);
    steps.later(30);
    expect(steps.back()).toEqual({ start: 10, end: 60 });
  });

  it('begins a step anew after going back', () => {
    const steps = new ZoomSteps();
    steps.leave({ start: 0, end: 9 }, 0);
    steps.back();
    steps.leave({ start: 0, end: 8 }, 1);
    expect(steps.back()).toEqual({ start: 0, end: 8 });
  });
});
