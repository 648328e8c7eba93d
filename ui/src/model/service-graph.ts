/** Which services of a trace called which: from the parents of its spans. */
import { FLAG, type TraceModel } from './trace-model';

export interface GraphNode {
  readonly service: string;
  readonly spans: number;
  readonly errors: number;
  readonly self: number;
  /** Column and place in it. */
  readonly level: number;
  readonly place: number;
}

export interface GraphEdge {
  readonly from: number;
  readonly to: number;
  readonly calls: number;
  readonly errors: number;
  readonly total: number;
}

export interface ServiceGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly levels: number;
  readonly tallest: number;
}

interface Sum {
  from: number;
  to: number;
  calls: number;
  errors: number;
  total: number;
}

export function serviceGraph(model: TraceModel): ServiceGraph {
  const size = model.services.length;
  const spans = new Uint32Array(size);
  const errors = new Uint32Array(size);
  const self = new Float64Array(size);
  const sums = new Map<number, Sum>();
  for (let row = 0; row < model.size; row++) {
    const service = model.service[row]!;
    const failed = model.flags[row]! & FLAG.error ? 1 : 0;
    spans[service]!++;
    errors[service] = errors[service]! + failed;
    self[service] = self[service]! + model.self[row]!;
    const parent = model.parent[row]!;
    const from = parent < 0 ? service : model.service[parent]!;
    if (from === service) continue;
    const key = from * size + service;
    let sum = sums.get(key);
    if (!sum) {
      sum = { from, to: service, calls: 0, errors: 0, total: 0 };
      sums.set(key, sum);
    }
    sum.calls++;
    sum.errors += failed;
    sum.total += model.duration[row]!;
  }
  const edges = [...sums.values()];
  const level = levels(model, edges);
  const filled = new Map<number, number>();
  const nodes = model.services.map((service, index): GraphNode => {
    // A service of spans beyond the limit has none here.
    const column = Math.max(0, level[index]!);
    const place = filled.get(column) ?? 0;
    filled.set(column, place + 1);
    return { service, spans: spans[index]!, errors: errors[index]!, self: self[index]!, level: column, place };
  });
  return { nodes, edges, levels: Math.max(0, ...level) + 1, tallest: Math.max(0, ...filled.values()) };
}

/** Fewest calls from where the trace begins; services call each other in circles, so the longest way has no end. */
function levels(model: TraceModel, edges: readonly Sum[]): number[] {
  const level = new Array<number>(model.services.length).fill(-1);
  let front: number[] = [];
  for (let row = 0; row < model.size; row++) {
    const service = model.service[row]!;
    if (model.parent[row]! >= 0 || level[service] === 0) continue;
    level[service] = 0;
    front.push(service);
  }
  while (front.length > 0) {
    const next: number[] = [];
    for (const from of front) {
      for (const edge of edges) {
        if (edge.from !== from || level[edge.to] !== -1) continue;
        level[edge.to] = level[from]! + 1;
        next.push(edge.to);
      }
    }
    front = next;
  }
  return level;
}
