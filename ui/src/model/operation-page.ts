/** One operation as its page shows it: what is asked for, and what is drawn of the answers. */
import type { CallPlace } from '../api/comparison';
import type { MapEdge, OperationFigures, OperationList, Point, Red } from '../api/topology';
import type { AggregateAnswer, FoundSpan } from '../api/types';
import { count, plural } from '../base/format';
import { formatTerm } from './query-text';
import type { Steps } from './series';

/** The spans of an operation, as a search has them. */
export const operationTerms = (service: string, operation: string): string =>
  `${formatTerm('service', ':', service)} ${formatTerm('operation', ':', operation)}`;

const SECOND = 1e9;
const LENGTHS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400] as const;
const MOST_STEPS = 60;

/** Steps of a round length that cover a range in milliseconds; days, where a range has more than sixty of them. */
export function stepsFor(range: { from: number; to: number }): Steps {
  const seconds = (range.to - range.from) / 1000;
  const length = LENGTHS.find((each) => seconds / each <= MOST_STEPS) ?? LENGTHS.at(-1)!;
  const step = length * SECOND;
  const start = Math.floor((range.from * 1e6) / step) * step;
  return { start, step, count: Math.max(1, Math.ceil((range.to * 1e6 - start) / step)), until: range.to * 1e6 };
}

export const seriesQueries = (terms: string, { step }: Steps): { all: string; failed: string } => {
  const every = `every ${step / SECOND}s`;
  return {
    all: `${terms} | count, p50(duration), p95(duration), p99(duration) ${every}`,
    failed: `${terms} failed:true | count ${every}`,
  };
};

type Series = Pick<AggregateAnswer, 'groups' | 'every'>;

/** The answers to `seriesQueries` as points of a chart. */
export function pointsOf(all: Series, failed: Series): Point[] {
  const errors = new Map(failed.groups.map((group) => [group.time_unix_nano, group.values[0] ?? 0]));
  return all.groups.map(({ time_unix_nano, values }) => {
    const [count, p50, p95, p99] = values;
    return {
      time_unix_nano: time_unix_nano ?? 0,
      count: count ?? 0,
      error_count: errors.get(time_unix_nano) ?? 0,
      rate: ((count ?? 0) * SECOND) / all.every,
      p50: p50 ?? null,
      p95: p95 ?? null,
      p99: p99 ?? null,
    };
  });
}

/** A service may have spans of one name and several kinds: the one with the most is what the page is about. */
export function figuresOf(
  operations: readonly OperationFigures[],
  name: string,
): { kinds: OperationFigures['kind'][]; now: Red; before: Red } | null {
  const found = operations.filter((each) => each.name === name).sort((one, other) => other.count - one.count);
  const [first] = found;
  return first ? { kinds: found.map(({ kind }) => kind), now: first, before: first.before } : null;
}

/** What is said where the operation is not in the list: it had no spans, or is below those that the list takes. */
export function absence({ returned, total }: Pick<OperationList, 'returned' | 'total'>): {
  what: string;
  beside: string;
} {
  if (returned < total)
    return {
      what: 'has more operations than one answer lists',
      beside: `This one is not among the ${count(returned)} busiest of ${count(total)}: a search finds its spans, if it had any.`,
    };
  const beside = total > 0 ? `It had ${plural(total, 'other operation')}. ` : '';
  return {
    what: 'had no span of this name in this time range',
    beside: `${beside}Names are compared letter by letter.`,
  };
}

/** Edges of the map of these spans by the side on which the service stands; a call of itself is on both. */
export function besides(edges: readonly MapEdge[], service: string): { callers: MapEdge[]; callees: MapEdge[] } {
  const id = `service:${service}`;
  return {
    callers: edges.filter((edge) => edge.target === id),
    callees: edges.filter((edge) => edge.source === id),
  };
}

/** Each span once, in the order of their lists: it may be in two of them, and twice in one if it came in two bodies. */
export function distinct(...lists: readonly (readonly FoundSpan[])[]): FoundSpan[] {
  return [...new Map(lists.flat().map((span) => [`${span.trace_id} ${span.span_id}`, span])).values()];
}

/**
 * What is called below an operation, each call below the one that makes it, the longest first; what other services do
 * for it ends the way down.
 */
export function callsBelow(places: readonly CallPlace[], service: string): CallPlace[] {
  const children = new Map<number | null, CallPlace[]>();
  for (const place of places) children.set(place.parent, [...(children.get(place.parent) ?? []), place]);
  const weight = ({ a, b }: CallPlace): number => Math.max(a.calls * a.duration, b.calls * b.duration);
  const rows: CallPlace[] = [];
  const walk = (parent: number): void => {
    const kin = [...(children.get(parent) ?? [])].sort(
      (one, other) => weight(other) - weight(one) || one.id - other.id,
    );
    for (const place of kin) {
      rows.push(place);
      if (place.service === service) walk(place.id);
    }
  };
  for (const top of children.get(null) ?? []) walk(top.id);
  return rows;
}

/**
 * A percentile, as a measure is called, above which the `most` slowest of so many spans lie; null where there are few
 * enough to take them all. With two decimals: of very many it leaves more, of which it is asked for again.
 */
export function slowestFrom(count: number, most: number): string | null {
  if (count <= 2 * most) return null;
  return `p${(Math.floor(10_000 * (1 - most / count)) / 100).toFixed(2).replace(/\.?0+$/, '')}`;
}

/** At most so many spans, each once, the slowest first. */
export function slowestOf(spans: readonly FoundSpan[], most: number): FoundSpan[] {
  return distinct(spans)
    .sort((one, other) => other.duration - one.duration)
    .slice(0, most);
}

/** Log records of some traces; empty for none. */
export function tracesTerm(spans: readonly FoundSpan[]): string {
  const ids = [...new Set(spans.map((span) => span.trace_id))].map((id) => `trace_id:${id}`);
  return ids.length > 1 ? `(${ids.join(' OR ')})` : (ids[0] ?? '');
}
