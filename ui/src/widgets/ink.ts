/** Reads the colours of the theme for the canvases. */
import type { Ink } from '../model/brush';
import { slotOf } from '../route/preferences.svelte';

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
    services: services.map((name) => colour(`--svc-${slotOf(name)}`)),
  };
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
