import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Services must be told apart by those who see fewer colours too: simulated after Machado, Oliveira and Fernandes, 2009. */
type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

const SIGHTS: Readonly<Record<string, Matrix>> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};
const LMS: Matrix = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];
const OKLAB: Matrix = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];

const times = (matrix: Matrix, [x, y, z]: Triple): Triple =>
  matrix.map(([a, b, c]) => a * x + b * y + c * z) as unknown as Triple;

function linear(colour: string): Triple {
  return [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)) as unknown as Triple;
}

/** As the eye with this sight places it, in OKLab. */
function seen(colour: string, sight: Matrix): Triple {
  const clipped = times(sight, linear(colour)).map((value) => Math.min(1, Math.max(0, value))) as unknown as Triple;
  return times(OKLAB, times(LMS, clipped).map(Math.cbrt) as unknown as Triple);
}

function nearest(one: readonly string[], others: readonly string[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const sight of Object.values(SIGHTS)) {
    for (const a of one) {
      for (const b of others) {
        if (a === b) continue;
        const [p, q] = [seen(a, sight), seen(b, sight)];
        least = Math.min(least, 100 * Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]));
      }
    }
  }
  return least;
}

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

describe.each([
  ['light', ':root {'],
  ['dark', ':root[data-theme="dark"] {'],
])('the palette of the %s theme', (_, selector) => {
  const block = css.slice(css.indexOf(selector), css.indexOf('}', css.indexOf(selector)));
  const value = (name: string): string => new RegExp(`--${name}:\\s*(#[0-9a-f]{6})`).exec(block)![1]!;
  const services = Array.from({ length: 10 }, (_, slot) => value(`svc-${slot}`));

  it('keeps ten services apart in every sight', () => {
    expect(new Set(services).size).toBe(10);
    expect(nearest(services, services)).toBeGreaterThanOrEqual(8);
  });

  it('keeps every service apart from an error', () => {
    expect(nearest(services, [value('error')])).toBeGreaterThanOrEqual(10);
  });
});
