/** Reads the colours of the theme for the canvases. */

import { isAgain, slotAt, stripeOn } from '../base/color';
import type { Ink } from '../model/brush';
import { placeOf } from '../route/preferences.svelte';

export function readInk(services: readonly string[]): Ink {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  return {
    text: colour('--text'),
    dim: colour('--text-2'),
    line: colour('--line'),
    error: colour('--error'),
    ground: colour('--bg'),
    font: `11px ${colour('--font')}`,
    services: services.map((name) => colour(`--svc-${slotAt(placeOf(name))}`)),
    // A colour that another service has too is striped, so that the two are told apart.
    fills: services.map((name) => {
      const place = placeOf(name);
      const plain = colour(`--svc-${slotAt(place)}`);
      return isAgain(place) ? (hatched(plain, stripeOn(plain), 2) ?? plain) : plain;
    }),
  };
}

const TILE = 6;

/** Diagonal lines on a ground; null where no pattern can be made. */
export function hatched(ground: string, lines: string, lineWidth: number): CanvasPattern | null {
  const tile = document.createElement('canvas');
  tile.width = TILE;
  tile.height = TILE;
  const context = tile.getContext('2d');
  if (!context) return null;
  context.fillStyle = ground;
  context.fillRect(0, 0, TILE, TILE);
  context.strokeStyle = lines;
  context.lineWidth = lineWidth;
  // Beyond both corners, so that the tiles meet without a seam.
  for (const at of [-TILE, 0, TILE]) {
    context.moveTo(at - 1, TILE + 1);
    context.lineTo(at + TILE + 1, -1);
  }
  context.stroke();
  return context.createPattern(tile, 'repeat');
}

/** Sizes a canvas to its box in device pixels; drawing then happens in CSS pixels. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1;
  const w = Math.max(1, Math.round(width * ratio));
  const h = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const context = canvas.getContext('2d');
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}
