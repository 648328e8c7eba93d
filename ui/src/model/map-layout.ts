/** Where the nodes of the map stand and how its edges run: the same places for the same map, in whatever order it came. */
import type { MapEdge, MapNode } from '../api/topology';
import { edgeKey } from './service-map';

export const BOX = { width: 168, height: 56 } as const;
const MARGIN = 20;

export interface MapLayout {
  readonly width: number;
  readonly height: number;
  /** Upper left corners by id. */
  readonly places: ReadonlyMap<string, { readonly x: number; readonly y: number }>;
  /** SVG paths by `edgeKey`. */
  readonly paths: ReadonlyMap<string, string>;
  readonly frames: readonly Frame[];
}

export interface XY {
  readonly x: number;
  readonly y: number;
}

/** What goes around the nodes of one group. */
export interface Frame extends XY {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

const FRAME = { side: 12, head: 28 } as const;

/** The layout engine is fetched when a map is first drawn. `groups`: the group of a node by its id. */
export async function layoutMap(
  nodes: readonly MapNode[],
  edges: readonly MapEdge[],
  groups: ReadonlyMap<string, string> = new Map(),
): Promise<MapLayout> {
  const { Graph, layout } = await import('@dagrejs/dagre');
  const graph = new Graph({ compound: true });
  const margin = MARGIN + (groups.size > 0 ? FRAME.head : 0);
  graph.setGraph({
    rankdir: 'LR',
    nodesep: groups.size > 0 ? FRAME.head + FRAME.side : 22,
    ranksep: 48,
    marginx: margin,
    marginy: margin,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of nodes.map((node) => node.id).sort()) graph.setNode(id, { ...BOX });
  for (const name of [...new Set(groups.values())].sort()) graph.setNode(`group ${name}`, {});
  for (const [id, name] of [...groups].sort()) if (graph.hasNode(id)) graph.setParent(id, `group ${name}`);
  const sorted = [...edges].sort((one, other) => (edgeKey(one) < edgeKey(other) ? -1 : 1));
  for (const edge of sorted) if (edge.source !== edge.target) graph.setEdge(edge.source, edge.target);
  layout(graph);
  const places = new Map(
    nodes.map((node) => {
      const { x, y } = graph.node(node.id) as XY;
      return [node.id, { x: x - BOX.width / 2, y: y - BOX.height / 2 }] as const;
    }),
  );
  const paths = new Map(
    sorted.map((edge) => {
      if (edge.source === edge.target) return [edgeKey(edge), loop(places.get(edge.source)!)] as const;
      return [edgeKey(edge), smooth((graph.edge(edge.source, edge.target) as { points: XY[] }).points)] as const;
    }),
  );
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { width, height, places, paths, frames: frames(places, groups) };
}

/** One around each group, with room for its name at its head. */
export function frames(places: ReadonlyMap<string, XY>, groups: ReadonlyMap<string, string>): Frame[] {
  const corners = new Map<string, XY[]>();
  for (const [id, name] of groups) {
    const at = places.get(id);
    if (at) corners.set(name, [...(corners.get(name) ?? []), at]);
  }
  return [...corners]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, found]) => {
      const [x, y] = [Math.min(...found.map((at) => at.x)), Math.min(...found.map((at) => at.y))];
      return {
        name,
        x: x - FRAME.side,
        y: y - FRAME.head,
        width: Math.max(...found.map((at) => at.x)) + BOX.width - x + 2 * FRAME.side,
        height: Math.max(...found.map((at) => at.y)) + BOX.height - y + FRAME.head + FRAME.side,
      };
    });
}

/** A curve that touches the middle between each two points. */
export function smooth(points: readonly XY[]): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let path = `M${round(first)}`;
  for (let index = 0; index < rest.length - 1; index++) {
    const [at, next] = [rest[index]!, rest[index + 1]!];
    const end = index === rest.length - 2 ? next : { x: (at.x + next.x) / 2, y: (at.y + next.y) / 2 };
    path += `Q${round(at)} ${round(end)}`;
  }
  return rest.length === 1 ? `${path}L${round(rest[0]!)}` : path;
}

/** A service that calls itself. */
export function loop({ x, y }: XY): string {
  const right = x + BOX.width;
  return `M${round({ x: right - 30, y })}C${round({ x: right - 30, y: y - 22 })} ${round({ x: right + 24, y: y - 14 })} ${round({ x: right, y: y + 14 })}`;
}

function round({ x, y }: XY): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}
