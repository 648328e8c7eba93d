/** Where a reader has put the nodes of the map, beside where the layout had put them. */
import type { MapEdge } from '../api/topology';
import { BOX, type Frame, frames, loop, type MapLayout, type XY } from './map-layout';
import { edgeKey } from './service-map';

/** Upper left corners of the nodes that were moved, by their ids. */
export type Moved = Readonly<Record<string, readonly [x: number, y: number]>>;

/** Nodes stand on this grid, in pixels, once they are moved. */
export const GRID = 8;

/** One name for a set of nodes, in whatever order they come: 32 bits of FNV-1a, and how many they are. */
export function placesKey(ids: readonly string[], grouped: boolean): string {
  let hash = 0x811c9dc5;
  for (const unit of `${grouped}\n${[...ids].sort().join('\n')}`)
    hash = Math.imul(hash ^ unit.codePointAt(0)!, 0x01000193);
  return `${ids.length}-${(hash >>> 0).toString(36)}`;
}

/** On the grid and not left of or above the plane. */
export function snap({ x, y }: XY): [x: number, y: number] {
  const to = (value: number): number => Math.max(0, Math.round(value / GRID) * GRID);
  return [to(x), to(y)];
}

/** The layout with what was moved at its new place: its edges run straight there, its group's frame around it. */
export function withMoved(
  layout: MapLayout,
  moved: Moved,
  edges: readonly Pick<MapEdge, 'source' | 'target'>[],
  groups: ReadonlyMap<string, string>,
): MapLayout {
  const ids = new Set(Object.keys(moved).filter((id) => layout.places.has(id)));
  if (ids.size === 0) return layout;
  const places = new Map([...layout.places].map(([id, at]) => [id, ids.has(id) ? point(moved[id]!) : at] as const));
  const paths = new Map(layout.paths);
  for (const edge of edges) {
    if (!ids.has(edge.source) && !ids.has(edge.target)) continue;
    const [from, to] = [places.get(edge.source), places.get(edge.target)];
    if (from && to) paths.set(edgeKey(edge), edge.source === edge.target ? loop(from) : between(from, to));
  }
  const around = frames(places, groups);
  const far = (side: 'x' | 'y', length: 'width' | 'height'): number =>
    Math.max(
      ...[...places.values()].map((at) => at[side] + BOX[length]),
      ...around.map((frame: Frame) => frame[side] + frame[length]),
    ) + MARGIN;
  return {
    width: Math.max(layout.width, far('x', 'width')),
    height: Math.max(layout.height, far('y', 'height')),
    places,
    paths,
    frames: around,
  };
}

const MARGIN = 20;
const point = ([x, y]: readonly [number, number]): XY => ({ x, y });

/** From the side of a box that looks at the other to the side that looks back. */
export function between(from: XY, to: XY): string {
  const { width, height } = BOX;
  const sideways = to.x >= from.x + width || from.x >= to.x + width;
  if (sideways) {
    const right = to.x > from.x;
    const start = { x: from.x + (right ? width : 0), y: from.y + height / 2 };
    const end = { x: to.x + (right ? 0 : width), y: to.y + height / 2 };
    const bend = (end.x - start.x) / 2;
    return `M${start.x} ${start.y}C${start.x + bend} ${start.y} ${end.x - bend} ${end.y} ${end.x} ${end.y}`;
  }
  const down = to.y > from.y;
  const start = { x: from.x + width / 2, y: from.y + (down ? height : 0) };
  const end = { x: to.x + width / 2, y: to.y + (down ? 0 : height) };
  return `M${start.x} ${start.y}L${end.x} ${end.y}`;
}
