/** What every drawing on a canvas is made with. */

export type Brush = Pick<
  CanvasRenderingContext2D,
  | 'fillStyle'
  | 'strokeStyle'
  | 'lineWidth'
  | 'font'
  | 'textBaseline'
  | 'textAlign'
  | 'globalAlpha'
  | 'clearRect'
  | 'fillRect'
  | 'strokeRect'
  | 'fillText'
  | 'measureText'
  | 'beginPath'
  | 'moveTo'
  | 'lineTo'
  | 'stroke'
  | 'fill'
  | 'arc'
  | 'closePath'
  | 'setLineDash'
  | 'save'
  | 'restore'
  | 'rect'
  | 'clip'
>;

export interface Ink {
  readonly text: string;
  readonly dim: string;
  readonly line: string;
  readonly error: string;
  readonly ground: string;
  readonly font: string;
  /** Colour of each service of the trace, by its index. */
  readonly services: readonly string[];
  /** What its bars are filled with: its colour, striped where another service had the colour before. */
  readonly fills: readonly (string | CanvasPattern)[];
}
