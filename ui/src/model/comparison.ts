/** What is compared, as the page's address says it, and the call tree as rows. */
import type { CallPlace, Comparison } from '../api/comparison';
import { count } from '../base/format';
import { rangeParams } from './search-params';
import type { TimeRange } from './time-range';

export const WAYS = [
  ['windows', 'This time and the time before it'],
  ['slow', 'Slow requests and the others'],
  ['failed', 'Failed requests and the others'],
  ['traces', 'Two traces'],
  ['baseline', 'A trace and those like it'],
  ['version', 'Two versions'],
  ['queries', 'Two queries'],
] as const;

export type Way = (typeof WAYS)[number][0];

export interface Asked {
  readonly way: Way;
  readonly a: string;
  readonly b: string;
  /** Which spans are compared at all. */
  readonly q: string;
  readonly service: string;
  readonly operation: string;
  /** From where on a span is slow. */
  readonly threshold: string;
}

const TRACE = /^[0-9a-f]{32}$/i;

/** The way that the address names or, for a link that only says what, the one that its two sides stand for. */
export function readAsked(query: URLSearchParams): Asked {
  const text = (key: string): string => query.get(key)?.trim() ?? '';
  const [a, b] = [text('a'), text('b')];
  const named = WAYS.find(([way]) => way === text('split'))?.[0];
  return {
    way: named ?? wayOf(a, b),
    a,
    b,
    q: text('q'),
    service: text('service'),
    operation: text('operation'),
    threshold: text('threshold'),
  };
}

function wayOf(a: string, b: string): Way {
  if (TRACE.test(a)) return TRACE.test(b) ? 'traces' : 'baseline';
  return a === '' ? 'windows' : 'queries';
}

/** What is still to be filled in; empty when it can be asked. */
export function missing({ way, a, b, q, operation }: Asked): string {
  if (way === 'traces' && !(TRACE.test(a) && TRACE.test(b))) return 'Give the ids of two traces.';
  if (way === 'baseline' && !TRACE.test(a))
    return 'Give the id of a trace: it is compared with the newest 200 like it that did not fail.';
  if (way === 'version' && (a === '' || b === '')) return 'Give two versions.';
  if (way === 'queries' && a === '') return 'Give a query: it is compared with the rest, or with a second query.';
  if (way === 'slow' && q === '' && operation === '')
    return 'Give an operation or a query: slow is slow for what it does.';
  return '';
}

type ApiParams = Record<string, string | number | null | readonly string[]>;

export function comparisonParams(asked: Asked, range: TimeRange): ApiParams {
  const { way, a, b, q, service, operation, threshold } = asked;
  const single = way === 'traces' || way === 'baseline';
  return {
    ...(single ? {} : rangeParams(range)),
    ...(single ? {} : { q: q || null, service: service || null, operation: operation || null }),
    split: way === 'slow' || way === 'failed' || way === 'version' ? way : null,
    a: way === 'windows' || way === 'slow' || way === 'failed' ? null : a,
    b: way === 'baseline' ? 'baseline' : way === 'traces' || way === 'version' || way === 'queries' ? b || null : null,
    threshold: way === 'slow' ? threshold || null : null,
  };
}

/** The names of the two sides. */
export function sides(answer: Pick<Comparison, 'split'>, asked: Asked): [a: string, b: string] {
  switch (answer.split) {
    case 'slow':
      return ['slow', 'the others'];
    case 'failed':
      return ['failed', 'the others'];
    case 'version':
      return [asked.a, asked.b];
    case 'traces':
      return [`trace ${asked.a.slice(0, 8)}`, `trace ${asked.b.slice(0, 8)}`];
    case 'baseline':
      return [`trace ${asked.a.slice(0, 8)}`, 'those like it'];
    case 'queries':
      return [asked.a, asked.b || 'the rest'];
    default:
      return ['this time', 'the time before'];
  }
}

/**
 * The places that differ, by their share, each below the calls that lead to it: a parent stands where its greatest
 * descendant does. `all` keeps those that do not differ.
 */
export function placeRows(places: readonly CallPlace[], all: boolean): CallPlace[] {
  const children = new Map<number | null, CallPlace[]>();
  for (const place of places) children.set(place.parent, [...(children.get(place.parent) ?? []), place]);
  const weights = new Map<number, number>();
  const weigh = (place: CallPlace): number => {
    const own = place.changes.length > 0 ? Math.max(place.share, Number.MIN_VALUE) : 0;
    const weight = (children.get(place.id) ?? []).reduce((most, child) => Math.max(most, weigh(child)), own);
    weights.set(place.id, weight);
    return weight;
  };
  for (const top of children.get(null) ?? []) weigh(top);
  const rows: CallPlace[] = [];
  const walk = (parent: number | null): void => {
    const kin = [...(children.get(parent) ?? [])].sort(
      (one, other) => weights.get(other.id)! - weights.get(one.id)! || one.id - other.id,
    );
    for (const place of kin) {
      if (!all && weights.get(place.id) === 0) continue;
      rows.push(place);
      walk(place.id);
    }
  };
  walk(null);
  return rows;
}

const ONE_SIDED: Readonly<Record<string, string>> = { new: 'only in A', gone: 'only in B' };

/** What differs at a place, in words that do not say which of the two came first. */
export const changesText = (changes: CallPlace['changes']): string =>
  changes.map((change) => ONE_SIDED[change] ?? change).join(', ');

/** Time of its own that a compared span spends at a place: calls times self time of one. */
export function ownTime(place: CallPlace, side: 'a' | 'b'): number {
  return place[side].calls * place[side].self_time;
}

/** How often something is called in the mean of several trees. */
export const meanCount = (calls: number): string =>
  Number.isInteger(calls) ? count(calls) : calls < 0.01 ? '< 0.01' : calls.toFixed(2);
