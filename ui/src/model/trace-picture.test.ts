import { describe, expect, it } from 'vitest';
import { findGhosts } from './lost-parents';
import { lastSign } from './open-spans';
import { makeTrace, type Sketch } from './testing';
import { TimeScale } from './timeline-scale';
import { buildModel, childCover, pathSections } from './trace-model';
import { MOST_ROWS, type Picture, type PictureBrush, paintPicture, sizeOf } from './trace-picture';
import { visibleRows } from './tree-fold';

const INK = {
  text: '',
  dim: '',
  line: '',
  error: '',
  ground: '',
  font: '11px sans',
  services: ['', ''],
  fills: ['', ''],
};

function picture(...roots: Sketch[]): Picture {
  const model = buildModel(makeTrace(...roots));
  return {
    trace: {
      model,
      rows: visibleRows(model, new Uint8Array(model.size)),
      logsOf: new Map(),
      logs: [],
      logTimes: new Float64Array(),
      openUntil: (row: number) => lastSign(model, row),
      running: false,
      ghosts: findGhosts(model),
      cover: (row) => childCover(model, row),
      sections: (row) => pathSections(model, row),
      selected: -1,
      lanes: { on: false, depths: new Uint32Array(), sums: [] },
      linked: { told: null },
      placeOf: (row) => row,
    },
    scale: new TimeScale({ bounds: model.bounds, gaps: [] }, model.bounds, 600),
    labels: 200,
    ink: INK,
    badges: ['ap', 'db'],
    started: 'noon',
  };
}

function texts(of: Picture): string[] {
  const written: string[] = [];
  const tools: Record<string, unknown> = {
    measureText: (text: string) => ({ width: text.length * 6 }),
    fillText: (text: string) => void written.push(text.replaceAll('\u202f', ' ')),
  };
  paintPicture(
    new Proxy(tools, { get: (target, name: string) => target[name] ?? (() => undefined) }) as unknown as PictureBrush,
    of,
  );
  return written;
}

describe('the picture of a trace', () => {
  it('has its title, the ruler, the bars and the names beside them', () => {
    const drawn = texts(
      picture({
        name: 'GET /pay',
        service: 'api',
        duration: 100,
        children: [{ service: 'db', name: 'SELECT', error: true, duration: 40 }],
      }),
    );
    expect(drawn.slice(0, 2)).toEqual([
      'api GET /pay  100 ms',
      'noon  ·  2 spans  ·  1 error  ·  trace 00000000000000000000000000000001',
    ]);
    expect(drawn.filter((text) => /ms$/.test(text)).slice(-2)).toEqual(['100 ms', '40 ms']);
    expect(drawn.slice(-4)).toEqual(['ap', 'api GET /pay', 'db', '✗ db SELECT']);
  });

  it('cuts names that have no room, and says which rows are not in it', () => {
    const roots = Array.from({ length: MOST_ROWS + 3 }, () => ({ name: 'x'.repeat(200) }));
    const drawn = texts(picture(...roots));
    expect(Math.max(...drawn.map((text) => text.length))).toBeLessThan(140);
    expect(drawn.at(-1)).toBe('3 more rows, not drawn');
  });

  it('is drawn finer where a canvas can be as large', () => {
    expect(sizeOf(picture({})).fineness).toBe(2);
    expect(sizeOf(picture(...Array.from({ length: 400 }, () => ({}))))).toEqual({
      width: 860,
      height: 9696,
      fineness: 1,
    });
  });
});
