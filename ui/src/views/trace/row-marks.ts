/** Small drawings and words beside a row's name, made outside of Svelte. */
import { plural } from '../../base/format';

const SVG = 'http://www.w3.org/2000/svg';

/** What a span is in a call, on a grid of 16 px: a frame is the service, an arrow the call or the message. */
const KINDS: Readonly<Record<string, string>> = {
  server: 'M2 8h7M6.5 5.5 9 8l-2.5 2.5M9.5 3H13v10H9.5',
  client: 'M6.5 3H3v10h3.5M7 8h7M11.5 5.5 14 8l-2.5 2.5',
  producer: 'M2 4h5v8H2ZM9 8h5M11.5 5.5 14 8l-2.5 2.5M4.5 4v8',
  consumer: 'M9 4h5v8H9ZM2 8h5M4.5 5.5 7 8l-2.5 2.5M11.5 4v8',
  internal: 'M8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6Z',
};
/** A kind that OpenTelemetry does not know is drawn as nothing and said in words. */
export const kindPath = (kind: string): string => KINDS[kind] ?? '';

export function note(css: string, text: string, title = ''): HTMLElement {
  const element = document.createElement('span');
  element.className = css;
  element.textContent = text;
  if (title) element.title = title;
  return element;
}

export function errorSign(text: string): HTMLElement {
  const element = note('sign', '');
  element.append(drawing('M5.6 2h4.8L14 5.6v4.8L10.4 14H5.6L2 10.4V5.6ZM8 5v3.6M8 11v.2'), text);
  return element;
}

/** Links to other traces; those within this one are drawn as arrows. */
export function linkSign(links: number): HTMLElement {
  const element = note('away', '', `${plural(links, 'link')} to other traces`);
  element.append(drawing('M4.5 11.5 11.5 4.5M6 4.5h5.5V10'));
  return element;
}

export function drawing(path: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  const shape = document.createElementNS(SVG, 'path');
  shape.setAttribute('d', path);
  svg.append(shape);
  return svg;
}
