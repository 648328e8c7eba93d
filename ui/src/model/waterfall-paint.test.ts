import { describe, expect, it } from 'vitest';
import { paintOverview } from './axis-paint';
import type { Brush, Ink } from './brush';
import { findGroups } from './groups';
import { findGhosts } from './lost-parents';
import { lastSign } from './open-spans';
import { makeTrace, type Sketch } from './testing';
import { TimeScale, type View } from './timeline-scale';
import { buildModel, childCover, pathSections, type TraceModel } from './trace-model';
import { visibleRows } from './tree-fold';
import { paintWaterfall, ROW, type Scene } from './waterfall-paint';

const INK: Ink = {
  text: 'text',
  dim: 'dim',
  line: 'line',
  error: 'error',
  ground: 'ground',
  font: 'font',
  services: ['blue', 'green'],
  fills: ['blue', 'green'],
};

interface Call {
  what: string;
  style: string;
  at: number[];
}

/** A brush that writes down what it is told. */
function recorder(): { brush: Brush; calls: Call[]; texts: string[] } {
  const calls: Call[] = [];
  const texts: string[] = [];
  const state: Record<string, unknown> = {};
  const brush = new Proxy(state, {
    get(target, name: string) {
      if (name === 'measureText') return (text: string) => ({ width: text.length * 6 });
      if (name === 'fillText') return (text: string) => void texts.push(text.replaceAll(' ', ' '));
      if (name === 'fillRect' || name === 'strokeRect') {
        return (...at: number[]) =>
          void calls.push({ what: name, style: String(target[name === 'fillRect' ? 'fillStyle' : 'strokeStyle']), at });
      }
      return name in target ? target[name] : () => undefined;
    },
    set(target, name: string, value) {
      target[name] = value;
      return true;
    },
  }) as unknown as Brush;
  return { brush, calls, texts };
}

const scaleOf = (model: TraceModel, view: View = model.bounds): TimeScale =>
  new TimeScale({ bounds: model.bounds, gaps: [] }, view, 1000);

function scene(roots: Sketch[], part: Partial<Scene> = {}): Scene {
  const model = buildModel(makeTrace(...roots));
  return {
    model,
    rows: visibleRows(model, new Uint8Array(model.size)),
    scale: scaleOf(model),
    height: 480,
    top: 0,
    logs: new Map(),
    logTimes: new Float64Array(),
    openUntil: (row: number) => lastSign(model, row),
    running: false,
    ghosts: findGhosts(model),
    cover: (row) => childCover(model, row),
    sections: (row) => pathSections(model, row),
    ink: INK,
    ...part,
  };
}

const ROOTS: Sketch[] = [{ duration: 100, children: [{ service: 'db', start: 50, duration: 25, error: true }] }];

describe('paintWaterfall', () => {
  it('draws each bar at its time, in the colour of its service, with its duration', () => {
    const { brush, calls, texts } = recorder();
    paintWaterfall(brush, scene(ROOTS));
    // Pale, over a solid line, where its child runs.
    expect(calls.filter((call) => call.style === 'blue').map((call) => call.at)).toEqual([
      [0, 7, 500, 10],
      [500, 7, 250, 8],
      [500, 15, 250, 2],
      [750, 7, 250, 10],
    ]);
    expect(calls.filter((call) => call.style === 'green').map((call) => call.at)).toEqual([[500, ROW + 7, 250, 10]]);
    expect(texts).toEqual(['100 ms', '25 ms']);
  });

  it('frames an error, so that it is seen without its colour', () => {
    const { brush, calls } = recorder();
    paintWaterfall(brush, scene(ROOTS));
    expect(calls.filter((call) => call.what === 'strokeRect' && call.style === 'error').length).toBe(1);
  });

  it('draws the critical path as a line below the bar, when it is asked for', () => {
    const [root] = ROOTS;
    const one = scene([{ ...root!, critical: true, children: [{ ...root!.children![0]!, critical: true }] }]);
    const lines = (path: boolean): number[][] => {
      const { brush, calls } = recorder();
      paintWaterfall(brush, { ...one, path });
      return calls.filter((call) => call.style === 'text').map((call) => call.at);
    };
    expect([lines(false), lines(true)]).toEqual([
      [],
      [
        [0, 19, 500, 2],
        [750, 19, 250, 2],
        [500, ROW + 19, 250, 2],
      ],
    ]);
  });

  it('draws only the rows that are on the screen', () => {
    const roots = Array.from({ length: 10_000 }, () => ({ duration: 10 }));
    const { brush, texts } = recorder();
    paintWaterfall(brush, scene(roots, { top: 5000 * ROW, height: 240 }));
    expect(texts.length).toBeLessThanOrEqual(12);
  });

  it('points to a bar that is outside of the shown time and gives it no duration', () => {
    const { brush, texts } = recorder();
    const { model } = scene(ROOTS);
    paintWaterfall(brush, scene(ROOTS, { scale: scaleOf(model, { start: 80e6, end: 100e6 }) }));
    expect(texts).toEqual(['100 ms']);
  });

  it('draws a span without an end up to when it was last heard of, or up to now', () => {
    const roots: Sketch[] = [{ duration: 0, open: true, children: [{ start: 10, duration: 70 }] }, { duration: 100 }];
    const drawn = (part: Partial<Scene>) => {
      const { brush, calls, texts } = recorder();
      paintWaterfall(brush, scene(roots, part));
      return [calls.find((call) => call.what === 'fillRect' && call.style === 'blue')!.at, texts[0]];
    };
    expect([drawn({}), drawn({ openUntil: () => 90e6, running: true })]).toEqual([
      [[0, 7, 800, 10], 'no end'],
      [[0, 7, 900, 10], '90 ms…'],
    ]);
  });

  it('keeps the shortest span visible', () => {
    const { brush, calls } = recorder();
    paintWaterfall(brush, scene([{ duration: 1000, children: [{ service: 'db', duration: 0 }] }]));
    expect(calls.find((call) => call.style === 'green')!.at[2]).toBe(2);
  });
});

describe('groups and log rows', () => {
  it('draws a closed group as one row with its sum', () => {
    const roots = [
      {
        duration: 100,
        children: Array.from({ length: 30 }, (_, index) => ({
          service: 'db',
          name: 'SELECT',
          start: index * 3,
          duration: 2,
        })),
      },
    ];
    const { model } = scene(roots);
    const groups = findGroups(model);
    const { brush, calls, texts } = recorder();
    paintWaterfall(brush, scene(roots, { groups, rows: visibleRows(model, new Uint8Array(model.size), null, groups) }));
    expect(texts).toEqual(['100 ms', 'Σ 60 ms']);
    expect(calls.filter((call) => call.style === 'green').length).toBe(30);
  });

  it('marks the time of a log record that has a row of its own', () => {
    const { brush, calls } = recorder();
    paintWaterfall(brush, scene(ROOTS, { rows: Int32Array.of(0, 2), logTimes: Float64Array.of(50e6) }));
    expect(calls.filter((call) => call.style === 'dim').map((call) => call.at[0])).toEqual([499.5, 497.5]);
  });
});

describe('paintOverview', () => {
  it('draws where errors began last, on top', () => {
    const { brush, calls } = recorder();
    const { model } = scene([
      { duration: 100, error: true, children: [{ error: true, service: 'db' }, { start: 10 }] },
    ]);
    paintOverview(brush, model, scaleOf(model), 44, INK);
    expect(calls.map((call) => call.style)).toEqual(['blue', 'blue', 'error']);
  });

  it('marks log records at its foot, together where they are of the same few pixels', () => {
    const { brush, calls } = recorder();
    const { model } = scene([{ duration: 100 }]);
    paintOverview(brush, model, scaleOf(model), 44, INK, Float64Array.of(50e6, 50.01e6, 90e6));
    expect(calls.filter((call) => call.style === 'text').map((call) => call.at)).toEqual([
      [498, 40, 2, 4],
      [900, 40, 2, 4],
    ]);
  });
});
