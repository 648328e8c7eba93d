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
    fills: services.map((name) => {
      const place = placeOf(name);
      const plain = colour(`--svc-${slotAt(place)}`);
      return isAgain(place) ? striped(plain) : plain;
    }),
  };
}

const STRIPE = 6;

/** A colour that another service has too: striped, so that the two are told apart. */
function striped(colour: string): CanvasPattern | string {
  const tile = document.createElement('canvas');
  tile.width = STRIPE;
  tile.height = STRIPE;
  const context = tile.getContext('2d');
  if (!context) return colour;
  context.fillStyle = colour;
  context.fillRect(0, 0, STRIPE, STRIPE);
  context.strokeStyle = stripeOn(colour);
  context.lineWidth = 2;
  // Beyond both corners, so that the tiles meet without a seam.
  for (const at of [-STRIPE, 0, STRIPE]) {
    context.moveTo(at - 1, STRIPE + 1);
    context.lineTo(at + STRIPE + 1, -1);
  }
  context.stroke();
  return context.createPattern(tile, 'repeat') ?? colour;
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
