/** Finds rows by the ids of their spans, for a million of them without a text for each. */

export interface SpanIds {
  /** Each id as the two halves of its eight bytes. */
  readonly halves: Uint32Array;
  /** Open addressing: the row plus one of the first span of each id, 0 where a place is free. */
  readonly table: Int32Array;
  /** Rows of an id that more than one span has, but for the first, by that first row. */
  readonly others: ReadonlyMap<number, readonly number[]>;
}

export function indexIds(halves: Uint32Array): SpanIds {
  const size = halves.length / 2;
  const table = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(size, 1) * 2 + 1)));
  const others = new Map<number, number[]>();
  const ids = { halves, table, others };
  for (let row = 0; row < size; row++) {
    const place = placeOf(ids, halves[2 * row]!, halves[2 * row + 1]!);
    const first = table[place]! - 1;
    if (first < 0) table[place] = row + 1;
    else if (others.has(first)) others.get(first)!.push(row);
    else others.set(first, [row]);
  }
  return ids;
}

/** Where an id stands in the table, or would. */
function placeOf({ halves, table }: SpanIds, low: number, high: number): number {
  const last = table.length - 1;
  // The halves are mixed, for ids may count up in either.
  let hash = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0xc2b2ae35);
  hash ^= hash >>> 15;
  for (let place = hash & last; ; place = (place + 1) & last) {
    const row = table[place]! - 1;
    if (row < 0 || (halves[2 * row] === low && halves[2 * row + 1] === high)) return place;
  }
}

/** The first row of an id, -1 where no span has it. */
export function firstRow(ids: SpanIds, low: number, high: number): number {
  return ids.table[placeOf(ids, low, high)]! - 1;
}

/** The first row of an id in hex, -1 where no span has it. */
export function rowOfId(ids: SpanIds, hex: string | null | undefined): number {
  if (!hex || !/^[0-9a-f]{16}$/.test(hex)) return -1;
  return firstRow(ids, swap(Number.parseInt(hex.slice(0, 8), 16)), swap(Number.parseInt(hex.slice(8), 16)));
}

/** The id of a row in hex. */
export const idOfRow = ({ halves }: SpanIds, row: number): string => idOfHalves(halves, row);

/** One of several ids, each as the two halves of its eight bytes, in hex. */
export function idOfHalves(halves: Uint32Array, place: number): string {
  const digits = (half: number): string => swap(half).toString(16).padStart(8, '0');
  return digits(halves[2 * place]!) + digits(halves[2 * place + 1]!);
}

/** The first byte of an id is the lowest of its number here and the highest in hex. */
function swap(half: number): number {
  return (((half & 0xff) << 24) | ((half & 0xff00) << 8) | ((half >>> 8) & 0xff00) | (half >>> 24)) >>> 0;
}
