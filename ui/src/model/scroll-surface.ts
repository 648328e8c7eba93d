/** A list that may be taller than browsers let an element be: it then scrolls on a surface that is scaled down. */

/** Browsers clamp elements at about 16 to 33 million pixels. */
const TALLEST = 15_000_000;

export class ScrollSurface {
  /** Height of the element that is scrolled over. */
  readonly tall: number;

  /** `total`: height of all rows; `height`: that of the window on them; both in pixels. */
  constructor(
    readonly total: number,
    readonly height: number,
  ) {
    this.tall = Math.min(total, TALLEST);
  }

  /** Pixels of rows above the window, by how far the element is scrolled. */
  top(scrolled: number): number {
    if (this.total === this.tall) return scrolled;
    return (scrolled / (this.tall - this.height)) * (this.total - this.height);
  }

  /** How far the element is to be scrolled for so many pixels of rows above the window. */
  scrolled(top: number): number {
    const bounded = Math.min(Math.max(top, 0), Math.max(0, this.total - this.height));
    if (this.total === this.tall) return bounded;
    return (bounded / (this.total - this.height)) * (this.tall - this.height);
  }

  /** Where the window goes to show a row of so many pixels at `y`; null where it is in sight already. */
  bringing(y: number, row: number, top: number): number | null {
    if (y >= top && y + row <= top + this.height) return null;
    const far = y < top - this.height || y > top + 2 * this.height;
    return far ? y - this.height / 3 : y < top ? y : y + row - this.height;
  }
}
