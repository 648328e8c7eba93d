/** Steps by the arrow keys in a drawing of a tree whose nodes stand depth first. */

export interface Nodes {
  readonly size: number;
  /** Place of the node above; -1 at roots. */
  readonly parent: Int32Array;
  /** How many nodes are below each, at any depth. */
  readonly below: Uint32Array;
}

/**
 * Where an arrow leads: down to the first node below, up to the one above, left and right to siblings. -1 where there
 * is none, null for any other key. From nowhere (-1) each leads to the first node.
 */
export function arrowStep({ size, parent, below }: Nodes, from: number, key: string): number | null {
  if (!/^Arrow(Up|Down|Left|Right)$/.test(key)) return null;
  if (from < 0) return size > 0 ? 0 : -1;
  if (key === 'ArrowUp') return parent[from]!;
  if (key === 'ArrowDown') return below[from]! > 0 ? from + 1 : -1;
  if (key === 'ArrowRight') {
    const next = from + below[from]! + 1;
    return next < size && parent[next] === parent[from] ? next : -1;
  }
  let before = -1;
  for (let at = parent[from]! + 1; at < from; at += below[at]! + 1) before = at;
  return before;
}
