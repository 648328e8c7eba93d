/** The map at one time of its range: the same nodes and edges, with the figures that they had then. */
import type { MapEdge, MapNode, Red, ServiceMap } from '../api/topology';
import { edgeKey } from './service-map';

/** Into so many parts a range is cut. */
export const PARTS = 12;

type Drawn = Pick<ServiceMap, 'nodes' | 'edges'>;

const NOTHING: Red = { count: 0, error_count: 0, rate: 0, p50: null, p95: null, p99: null };

/** Where a part of the range begins and ends, in milliseconds. */
export function partOf(range: { from: number; to: number }, part: number): { from: number; to: number } {
  const length = (range.to - range.from) / PARTS;
  return { from: range.from + part * length, to: range.from + (part + 1) * length };
}

/** A part as the address has it; null for the whole range and for what is no part. */
export function readPart(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) && Number(text) < PARTS ? Number(text) : null;
}

/** What was not called then keeps its place, with figures of nothing. */
export function replay(whole: Drawn, then: Drawn): { nodes: MapNode[]; edges: MapEdge[] } {
  const nodes = new Map(then.nodes.map((node) => [node.id, node]));
  const edges = new Map(then.edges.map((edge) => [edgeKey(edge), edge]));
  return {
    nodes: whole.nodes.map((node) => nodes.get(node.id) ?? { ...node, ...NOTHING, instances: [] }),
    edges: whole.edges.map((edge) => edges.get(edgeKey(edge)) ?? { ...edge, caller: NOTHING, callee: null, lag: null }),
  };
}
