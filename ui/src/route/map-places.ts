/** Where a reader has put the nodes of maps, by `placesKey`, the last map first. */
import type { Moved } from '../model/map-places';
import { keep, kept } from './kept';

/** So many maps are remembered. */
const MOST = 20;

type Maps = [key: string, moved: Moved][];

function maps(): Maps {
  return kept('places', (value) => (Array.isArray(value) ? value.filter(isMap) : []));
}

function isMap(value: unknown): value is Maps[number] {
  if (!Array.isArray(value) || typeof value[0] !== 'string' || typeof value[1] !== 'object' || !value[1]) return false;
  return Object.values(value[1]).every((at) => Array.isArray(at) && at.length === 2 && at.every(Number.isFinite));
}

export const movedOf = (key: string): Moved => maps().find(([each]) => each === key)?.[1] ?? {};

/** Nothing moved forgets the map. */
export function keepMoved(key: string, moved: Moved): void {
  const others = maps().filter(([each]) => each !== key);
  keep('places', (Object.keys(moved).length === 0 ? others : [[key, moved], ...others]).slice(0, MOST));
}
