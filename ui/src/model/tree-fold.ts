/** Which rows of the tree are shown. The reader folds; nothing folds by itself. */

export interface Tree {
  readonly size: number;
  readonly parent: Int32Array;
  readonly subtree: Uint32Array;
}

/**
 * The shown rows in order: those with no folded row above them, where `keep` is given those it marks, and where `skip`
 * is given without the rows that it lets stand behind another one (groups of repeated siblings).
 */
export function visibleRows(
  tree: Tree,
  folded: Uint8Array,
  keep?: Uint8Array | null,
  skip?: Uint32Array | null,
): Int32Array {
  const rows = new Int32Array(tree.size);
  let shown = 0;
  for (let row = 0; row < tree.size; row++) {
    if (keep && !keep[row]) continue;
    rows[shown++] = row;
    if (folded[row]) row += tree.subtree[row]!;
    else if (skip) row += skip[row]!;
  }
  return rows.subarray(0, shown);
}

/** How many rows are above each: what has the place of a lost parent is no row. */
export function levelsOf({ size, parent }: Pick<Tree, 'size' | 'parent'>): Uint32Array {
  const levels = new Uint32Array(size);
  for (let row = 0; row < size; row++) if (parent[row]! >= 0) levels[row] = levels[parent[row]!]! + 1;
  return levels;
}

/** Folds every row that is `level` deep and has children; level 1 leaves only the roots and their children. */
export function foldToLevel(tree: Tree, level: number): Uint8Array {
  const levels = levelsOf(tree);
  const folded = new Uint8Array(tree.size);
  for (let row = 0; row < tree.size; row++) {
    if (levels[row]! >= level && tree.subtree[row]! > 0) folded[row] = 1;
  }
  return folded;
}

/** The deepest level that is shown now: one more or one less than it is what `]` and `[` fold to. */
export function shownLevel(tree: Tree, rows: Int32Array): number {
  const levels = levelsOf(tree);
  let level = 0;
  for (const row of rows) level = Math.max(level, levels[row]!);
  return level;
}

/** Folds or unfolds a row and all that is below it. */
export function foldSubtree(tree: Tree, folded: Uint8Array, row: number, fold: boolean): Uint8Array {
  const next = folded.slice();
  for (let at = row; at <= row + tree.subtree[row]!; at++) next[at] = fold && tree.subtree[at]! > 0 ? 1 : 0;
  return next;
}

/** Unfolds what hides a row; the same array when nothing did. */
export function reveal(tree: Tree, folded: Uint8Array, row: number): Uint8Array {
  let next = folded;
  for (let at = tree.parent[row]!; at >= 0; at = tree.parent[at]!) {
    if (!next[at]) continue;
    if (next === folded) next = folded.slice();
    next[at] = 0;
  }
  return next;
}

/** The marked rows and everything above them, so that a filtered tree keeps its branches. */
export function withAncestors(tree: Tree, marked: Uint8Array): Uint8Array {
  const keep = marked.slice();
  for (let row = tree.size - 1; row > 0; row--) {
    const parent = tree.parent[row]!;
    if (keep[row] && parent >= 0) keep[parent] = 1;
  }
  return keep;
}

/**
 * The shown rows with the log records of each span below it, before its children, as `waterfall-entries.ts` writes them.
 */
export function withLogs(tree: Tree, rows: Int32Array, logs: ReadonlyMap<number, readonly number[]>): Int32Array {
  // Looked up by row: a trace may have a million of them and a handful of records.
  const counts = new Uint32Array(tree.size);
  for (const [row, of] of logs) counts[row] = of.length;
  let length = rows.length;
  for (const row of rows) length += counts[row] ?? 0;
  const entries = new Int32Array(length);
  let at = 0;
  for (const row of rows) {
    entries[at++] = row;
    if (!counts[row]) continue;
    for (const log of logs.get(row)!) entries[at++] = tree.size + log;
  }
  return entries;
}

/** Where a row stands in the shown rows, by binary search; -1 when it is hidden. Only for rows without logs. */
export function indexOfRow(rows: Int32Array, row: number): number {
  let low = 0;
  let high = rows.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = rows[middle]!;
    if (found === row) return middle;
    if (found < row) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
