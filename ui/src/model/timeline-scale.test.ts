import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Axis, BREAK, clamp, formatView, isWhole, parseView, TimeScale, ticks, type View } from './timeline-scale';

const bounds: fc.Arbitrary<View> = fc.integer({ min: 2, max: 3_600_000_000_000 }).map((end) => ({ start: 0, end }));
const factor = fc.double({ min: 0.01, max: 100, noNaN: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });

/** An axis of a million with up to eight gaps of 5 % and more, as traces have them: none at its ends. */
const broken: fc.Arbitrary<Axis> = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 40_000 }), fc.integer({ min: 50_000, max: 70_000 })), { maxLength: 8 })
  .map((parts) => {
    let at = 0;
    const gaps = parts.map(([busy, idle]) => {
      const start = at + busy;
      at = start + idle;
      return { start, end: at };
    });
    return { bounds: { start: 0, end: 1_000_000 }, gaps };
  });
const view = fc
  .tuple(fc.integer({ min: 0, max: 999_000 }), fc.integer({ min: 1000, max: 1_000_000 }))
  .map(([start, length]) => ({ start, end: Math.min(start + length, 1_000_000) }));

const plain = (of: View, whole = of): TimeScale => new TimeScale({ bounds: whole, gaps: [] }, of, 1000);

describe('scale', () => {
  it('turns times into pixels and back', () => {
    fc.assert(
      fc.property(bounds, share, (whole, at) => {
        const ns = whole.end * at;
        expect(plain(whole).ns(plain(whole).x(ns))).toBeCloseTo(ns, 0);
      }),
    );
  });

  it('keeps the time under the pointer in its place while zooming in', () => {
    fc.assert(
      fc.property(bounds, share, fc.double({ min: 0.2, max: 1, noNaN: true }), (whole, at, closer) => {
        fc.pre(whole.end > 1000);
        const ns = whole.end * at;
        const x = plain(whole).x(ns);
        expect(plain(plain(whole).zoom(closer, x), whole).x(ns)).toBeCloseTo(x, 3);
      }),
    );
  });

  it('never leaves the trace and never collapses', () => {
    const moves = fc.array(fc.tuple(factor, share, fc.double({ min: -2, max: 2, noNaN: true })));
    fc.assert(
      fc.property(
        fc.oneof(
          broken,
          bounds.map((whole) => ({ bounds: whole, gaps: [] })),
        ),
        moves,
        (axis, steps) => {
          let now: View = axis.bounds;
          for (const [zoom, at, by] of steps) {
            now = new TimeScale(axis, now, 1000).zoom(zoom, at * 1000);
            now = new TimeScale(axis, now, 1000).pan(by * 1000);
            expect(now.start).toBeGreaterThanOrEqual(axis.bounds.start);
            expect(now.end).toBeLessThanOrEqual(axis.bounds.end * (1 + 1e-9));
            expect(now.end - now.start).toBeGreaterThan(0.5);
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

describe('a scale with gaps', () => {
  it('is exact at the edges of the view, and never goes back', () => {
    fc.assert(
      fc.property(broken, view, fc.array(share, { minLength: 2, maxLength: 20 }), (axis, seen, shares) => {
        const scale = new TimeScale(axis, seen, 1000);
        expect(scale.x(seen.start)).toBe(0);
        expect(scale.x(seen.end)).toBeCloseTo(1000, 6);
        const times = shares.map((at) => at * 1_000_000).sort((one, other) => one - other);
        const places = times.map((ns) => scale.x(ns));
        for (let at = 1; at < places.length; at++) expect(places[at]).toBeGreaterThanOrEqual(places[at - 1]!);
      }),
    );
  });

  it('turns pixels into times and back, also beyond the view', () => {
    fc.assert(
      fc.property(broken, view, fc.double({ min: -500, max: 1500, noNaN: true }), (axis, seen, x) => {
        const scale = new TimeScale(axis, seen, 1000);
        expect(scale.x(scale.ns(x))).toBeCloseTo(x, 4);
      }),
    );
  });

  it('draws every gap as a break of the same width, however far in it is zoomed', () => {
    fc.assert(
      fc.property(broken, fc.double({ min: 0.05, max: 1, noNaN: true }), share, (axis, closer, at) => {
        const whole = new TimeScale(axis, axis.bounds, 1000);
        const scale = new TimeScale(axis, whole.zoom(closer, at * 1000), 1000);
        for (const { gap, from, to } of scale.breaks) {
          if (gap.start < scale.view.start || gap.end > scale.view.end) continue;
          expect(to - from).toBeCloseTo(BREAK, 4);
        }
      }),
    );
  });

  it('keeps the time under the pointer in its place while zooming in', () => {
    fc.assert(
      fc.property(broken, fc.double({ min: 0.05, max: 1, noNaN: true }), share, (axis, closer, at) => {
        const whole = new TimeScale(axis, axis.bounds, 1000);
        const ns = whole.ns(at * 1000);
        const zoomed = new TimeScale(axis, whole.zoom(closer, at * 1000), 1000);
        // Within a gap there is no time to a scale; where the trace ends first, its end stands still instead.
        fc.pre(zoomed.view.start > 0 && zoomed.view.end < 1_000_000);
        fc.pre(!axis.gaps.some((gap) => gap.start <= zoomed.view.start && gap.end >= zoomed.view.end));
        expect(zoomed.x(ns)).toBeCloseTo(at * 1000, 3);
      }),
    );
  });

  it('pans by what is seen: there and back again is the same view', () => {
    fc.assert(
      fc.property(broken, fc.double({ min: 1, max: 60, noNaN: true }), (axis, by) => {
        const whole = new TimeScale(axis, axis.bounds, 1000);
        const near = whole.zoom(0.2, 500);
        const there = new TimeScale(axis, near, 1000).pan(by);
        fc.pre(there.end < 1_000_000);
        fc.pre(!axis.gaps.some((gap) => gap.start <= there.start && gap.end >= there.end));
        const back = new TimeScale(axis, there, 1000).pan(-by);
        expect(back.start).toBeCloseTo(near.start, 1);
        expect(back.end).toBeCloseTo(near.end, 1);
      }),
    );
  });

  it('leaves half of a narrow axis to what is not left out', () => {
    const gaps = [0, 1, 2, 3].map((at) => ({ start: at * 200 + 100, end: at * 200 + 200 }));
    const scale = new TimeScale({ bounds: { start: 0, end: 1000 }, gaps }, { start: 0, end: 1000 }, 80);
    expect(scale.breaks.map(({ from, to }) => Math.round(to - from))).toEqual([10, 10, 10, 10]);
  });

  it('is linear inside of a gap, where an address may lead', () => {
    const axis = { bounds: { start: 0, end: 1000 }, gaps: [{ start: 100, end: 900 }] };
    const scale = new TimeScale(axis, { start: 200, end: 400 }, 100);
    expect([scale.x(300), scale.ns(50), scale.breaks]).toEqual([50, 300, []]);
  });
});

describe('ticks', () => {
  it('are round, inside the view and about as many as there is room for', () => {
    expect(ticks(new TimeScale({ bounds: { start: 0, end: 205e6 }, gaps: [] }, { start: 0, end: 205e6 }, 550))).toEqual(
      [0, 50e6, 100e6, 150e6, 200e6],
    );
    fc.assert(
      fc.property(bounds, fc.integer({ min: 220, max: 2200 }), (whole, width) => {
        const found = ticks(new TimeScale({ bounds: whole, gaps: [] }, whole, width));
        expect(found.length).toBeLessThanOrEqual((width / 110) * 2 + 1);
        expect(found.length).toBeGreaterThanOrEqual(1);
        for (const tick of found) {
          expect(tick).toBeGreaterThanOrEqual(whole.start);
          expect(tick).toBeLessThanOrEqual(whole.end);
        }
      }),
    );
  });

  it('are not inside of breaks, and as near to each other as those of what is left', () => {
    const axis = { bounds: { start: 0, end: 10e9 }, gaps: [{ start: 0.1e9, end: 9.9e9 }] };
    const found = ticks(new TimeScale(axis, axis.bounds, 578));
    expect(found).toEqual([0, 50e6, 100e6, 9.9e9, 9.95e9, 10e9]);
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
