/** Where the rows of a long list stand, of which only those that were drawn have been measured. */
export class RowHeights {
  #heights: Float64Array;
  #tops: Float64Array;
  /** Tops from here on have to be summed up again. */
  #dirty = 0;

  constructor(
    readonly size: number,
    readonly usual: number,
  ) {
    this.#heights = new Float64Array(size).fill(usual);
    this.#tops = new Float64Array(size + 1);
  }

  /** How much the row has grown; 0 when it was known so. */
  set(row: number, height: number): number {
    const grown = height - this.#heights[row]!;
    if (Math.abs(grown) < 0.5) return 0;
    this.#heights[row] = height;
    this.#dirty = Math.min(this.#dirty, row);
    return grown;
  }

  height(row: number): number {
    return this.#heights[row] ?? this.usual;
  }

  top(row: number): number {
    this.#sum();
    return this.#tops[Math.min(Math.max(row, 0), this.size)]!;
  }

  get total(): number {
    return this.top(this.size);
  }

  /** The row that stands at a height; the last one below the end. */
  at(y: number): number {
    this.#sum();
    let low = 0;
    let high = Math.max(0, this.size - 1);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#tops[middle]! <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #sum(): void {
    for (let row = this.#dirty; row < this.size; row++) this.#tops[row + 1] = this.#tops[row]! + this.#heights[row]!;
    this.#dirty = this.size;
  }
}
