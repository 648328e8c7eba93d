import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

function theme(selector: string): Map<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`), css.indexOf('}', css.indexOf(`${selector} {`)));
  return new Map([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, name, colour]) => [name!, colour!]));
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const GROUNDS = ['bg', 'bg-raised', 'bg-sunken', 'bg-hover', 'bg-selected'];
const PAIRS: [text: string, grounds: string[]][] = [
  ['text', [...GROUNDS, 'bg-match', 'error-bg', 'warn-bg']],
  ['text-2', [...GROUNDS, 'error-bg', 'warn-bg']],
  ['text-3', GROUNDS.filter((ground) => ground !== 'bg-selected')],
  ['accent', GROUNDS],
  ['error', [...GROUNDS.slice(0, 4), 'error-bg']],
  ['warn', [...GROUNDS.slice(0, 4), 'warn-bg']],
  ['ok', ['bg', 'bg-sunken']],
  ['accent-text', ['accent']],
];

describe.each([
  ['light', ':root'],
  ['dark', ':root[data-theme="dark"]'],
])('the %s theme', (_, selector) => {
  const colours = theme(selector);

  it('has text that can be read on every ground it stands on', () => {
    const weak = PAIRS.flatMap(([text, grounds]) =>
      grounds.map((ground) => ({
        pair: `${text} on ${ground}`,
        ratio: contrast(colours.get(text)!, colours.get(ground)!),
      })),
    ).filter(({ ratio }) => ratio < 4.5);
    expect(weak).toEqual([]);
  });

  it('has services, errors and controls that are seen on the ground', () => {
    const shapes = [...Array.from({ length: 10 }, (_, slot) => `svc-${slot}`), 'error', 'control', 'accent'];
    const weak = shapes
      .map((name) => ({ name, ratio: contrast(colours.get(name)!, colours.get('bg')!) }))
      .filter(({ ratio }) => ratio < 3);
    expect(weak).toEqual([]);
  });
});
