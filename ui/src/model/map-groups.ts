/** Which nodes of the map belong together: by the namespace that their services say they are of. */
import type { MapEdge, MapNode } from '../api/topology';
import type { AggregateAnswer } from '../api/types';

/** What is asked of `/api/v1/aggregate` for it. */
export const NAMESPACES = '* | group service, resource.service.namespace | count';

/** The namespace of each service that says one; of several, the one that most of its spans say. */
export function namespaces(answer: Pick<AggregateAnswer, 'groups'>): Map<string, string> {
  const most = new Map<string, number>();
  const found = new Map<string, string>();
  for (const { keys, values } of answer.groups) {
    const [service, namespace] = keys;
    const spans = values[0] ?? 0;
    if (!service || !namespace || spans <= (most.get(service) ?? 0)) continue;
    most.set(service, spans);
    found.set(service, namespace);
  }
  return found;
}

/**
 * The group of each node by its id. What sends no spans is of the namespace of those that call it, where that is one;
 * a node without any is left out.
 */
export function groupNodes(
  nodes: readonly MapNode[],
  edges: readonly Pick<MapEdge, 'source' | 'target'>[],
  of: ReadonlyMap<string, string>,
): Map<string, string> {
  const groups = new Map<string, string>();
  for (const node of nodes) {
    const namespace = node.kind === 'service' ? of.get(node.name) : undefined;
    if (namespace !== undefined) groups.set(node.id, namespace);
  }
  for (const node of nodes) {
    if (node.kind === 'service') continue;
    const callers = new Set(edges.filter((edge) => edge.target === node.id).map((edge) => groups.get(edge.source)));
    const [only] = callers;
    if (callers.size === 1 && only !== undefined) groups.set(node.id, only);
  }
  return groups;
}
