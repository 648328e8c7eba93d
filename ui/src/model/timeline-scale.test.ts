import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clamp, formatView, isWhole, pan, parseView, ticks, toNs, toX, type View, zoomAt } from './timeline-scale';

const bounds: fc.Arbitrary<View> = fc.integer({ min: 2, max: 3_600_000_000_000 }).map((end) => ({ start: 0, end }));
const factor = fc.double({ min: 0.01, max: 100, noNaN: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('scale', () => {
  it('turns times into pixels and back', () => {
    fc.assert(
      fc.property(bounds, share, (view, at) => {
        const ns = view.end * at;
        expect(toNs(view, 1000, toX(view, 1000, ns))).toBeCloseTo(ns, 0);
      }),
    );
  });

  it('keeps the time under the pointer in its place while zooming in', () => {
    fc.assert(
      fc.property(bounds, share, fc.double({ min: 0.2, max: 1, noNaN: true }), (whole, at, closer) => {
        fc.pre(whole.end > 1000);
        const ns = whole.end * at;
        const zoomed = zoomAt(whole, closer, ns, whole);
        expect(toX(zoomed, 1000, ns)).toBeCloseTo(toX(whole, 1000, ns), 3);
      }),
    );
  });

  it('never leaves the trace and never collapses', () => {
    fc.assert(
      fc.property(
        bounds,
        fc.array(fc.tuple(factor, share, fc.double({ min: -2, max: 2, noNaN: true }))),
        (whole, moves) => {
          let view = whole;
          for (const [zoom, at, by] of moves) {
            view = zoomAt(view, zoom, view.start + (view.end - view.start) * at, whole);
            view = pan(view, by * whole.end, whole);
            expect(view.start).toBeGreaterThanOrEqual(whole.start);
            expect(view.end).toBeLessThanOrEqual(whole.end * (1 + 1e-9));
            expect(view.end - view.start).toBeGreaterThan(0.5);
          }
        },
      ),
    );
  });

  it('clamps to the bounds', () => {
    expect(clamp({ start: -5, end: 5 }, { start: 0, end: 100 })).toEqual({ start: 0, end: 10 });
    expect(isWhole(clamp({ start: -500, end: 500 }, { start: 0, end: 100 }), { start: 0, end: 100 })).toBe(true);
  });
});

describe('ticks', () => {
  it('are round, inside the view and about as many as asked for', () => {
    expect(ticks({ start: 0, end: 205e6 }, 5)).toEqual([0, 50e6, 100e6, 150e6, 200e6]);
    fc.assert(
      fc.property(bounds, fc.integer({ min: 2, max: 20 }), (view, target) => {
        const found = ticks(view, target);
        expect(found.length).toBeLessThanOrEqual(target * 2 + 1);
        expect(found.length).toBeGreaterThanOrEqual(1);
        for (const tick of found) {
          expect(tick).toBeGreaterThanOrEqual(view.start);
          expect(tick).toBeLessThanOrEqual(view.end);
        }
      }),
    );
  });
});

describe('the zoom in the address', () => {
  it('is read back as written, and refused when it is not a part of the trace', () => {
    const whole = { start: 0, end: 1000 };
    expect(parseView(formatView({ start: 100, end: 300 }), whole)).toEqual({ start: 100, end: 300 });
    expect(['', 'x', '5,5', '9,3', '2000,3000', null].map((text) => parseView(text, whole))).toEqual([
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
  });
});
