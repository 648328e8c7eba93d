/** The map of services as a list, the most troubled edge first. */
import type { MapEdge, MapNode, Red, ServiceMap } from '../api/topology';
import { ENOUGH } from './service-rows';

export interface RankedEdge {
  readonly edge: MapEdge;
  /** As the caller saw it. */
  readonly red: Red;
  readonly errors: number;
  /** p95 now through p95 of the time before; null where there was too little of either. */
  readonly slower: number | null;
  readonly trouble: number;
}

/** The name of a node or file where there is little room: of a path its last part. */
export const shortName = (name: string): string => name.replace(/^[\w.+-]*\/.*\/([^/]+)$/, '$1');

/** More nodes than these are a ball of wool: a focus is asked for. */
export const MOST_DRAWN = 150;

/** A share of so few calls says little: as if so many good ones had come first. */
const GOOD_BEFORE = 10;
/** Twice as slow weighs as much as this share of failures. */
const SLOW_WEIGHT = 0.15;

export const edgeKey = (edge: Pick<MapEdge, 'source' | 'target'>): string => `${edge.source}\n${edge.target}`;

export function rankEdges(edges: readonly MapEdge[], before: readonly MapEdge[]): RankedEdge[] {
  const then = new Map(before.map((edge) => [edgeKey(edge), edge.caller]));
  return edges
    .map((edge) => ranked(edge, then.get(edgeKey(edge))))
    .sort(
      (one, other) =>
        other.trouble - one.trouble ||
        (other.red.p95 ?? 0) - (one.red.p95 ?? 0) ||
        edgeKey(one.edge).localeCompare(edgeKey(other.edge)),
    );
}

function ranked(edge: MapEdge, old: Red | undefined): RankedEdge {
  const red = edge.caller;
  const comparable = old !== undefined && old.count >= ENOUGH && red.count >= ENOUGH && old.p95 && red.p95;
  const slower = comparable ? red.p95! / old.p95! : null;
  const trouble = red.error_count / (red.count + GOOD_BEFORE) + SLOW_WEIGHT * Math.max(0, Math.log2(slower ?? 1));
  return { edge, red, errors: red.count === 0 ? 0 : red.error_count / red.count, slower, trouble };
}

/** What of these nodes the reader has hidden: by an id, or all of a kind as `external:*`. */
export function isHidden(id: string, hidden: ReadonlySet<string>): boolean {
  return hidden.has(id) || hidden.has(`${partsOf(id).kind}:*`);
}

/** The map without what the reader has hidden, and without what only hung on it. */
export function withoutHidden(
  map: Pick<ServiceMap, 'nodes' | 'edges'>,
  hidden: ReadonlySet<string>,
): { nodes: MapNode[]; edges: MapEdge[] } {
  const nodes = map.nodes.filter((node) => !isHidden(node.id, hidden));
  const kept = new Set(nodes.map((node) => node.id));
  return { nodes, edges: map.edges.filter((edge) => kept.has(edge.source) && kept.has(edge.target)) };
}

/** What an id says: `database:orders` is the database that its callers call orders. */
export function partsOf(id: string): { kind: MapNode['kind']; name: string } {
  const at = id.indexOf(':');
  return { kind: id.slice(0, at) as MapNode['kind'], name: id.slice(at + 1) };
}

/** The share of an arc: two numbers for stroke-dasharray of a circle whose length is 100. Failures are always seen. */
export function arc(share: number): string {
  const seen = share > 0 ? Math.max(6, Math.min(100, share * 100)) : 0;
  return `${seen.toFixed(1)} 100`;
}
