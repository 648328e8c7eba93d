import { expect, it } from 'vitest';
import type { Brush } from './brush';
import { mergeCalls } from './left-heavy';
import { paintMerged } from './left-heavy-paint';
import { makeTrace } from './testing';
import { buildModel } from './trace-model';

it('draws each call as wide as its weight, and what has no width as one box', () => {
  const many = Array.from({ length: 5000 }, (_, at) => ({ service: 'db', name: `query ${at}`, duration: 0.01 }));
  const model = buildModel(
    makeTrace({ name: 'GET', duration: 50, children: [{ name: 'wait', duration: 100 }, ...many] }),
  );
  const boxes: [style: string, x: number, y: number, width: number][] = [];
  const texts: string[] = [];
  const brush = {
    clearRect: () => undefined,
    fillRect(this: { fillStyle: string }, x: number, y: number, width: number) {
      boxes.push([this.fillStyle, Math.round(x), y, Math.round(width)]);
    },
    fillText: (text: string) => texts.push(text.replaceAll('\u202f', ' ')),
  } as unknown as Brush;
  const ink = {
    text: '',
    dim: 'dim',
    line: '',
    error: '',
    ground: '',
    font: '',
    services: [],
    fills: ['blue', 'green'],
  };
  const calls = mergeCalls(model);
  const scene = { model, calls, width: 1000, height: 200, top: 0, selected: -1, ink, onService: ['', ''] };
  paintMerged(brush, { ...scene, from: 0, to: calls.whole });
  expect([boxes, texts]).toEqual([
    [
      ['blue', 0, 1, 1000],
      ['blue', 0, 21, 500],
      ['dim', 500, 21, 250],
    ],
    ['GET  200 ms', 'wait  100 ms'],
  ]);
  boxes.length = 0;
  paintMerged(brush, { ...scene, from: 0, to: calls.whole / 4 });
  expect(boxes).toEqual([
    ['blue', 0, 1, 1000],
    ['blue', 0, 21, 1000],
  ]);
});
