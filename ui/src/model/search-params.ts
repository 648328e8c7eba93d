/** The search page's address ↔ what it asks the API. */
import { parseQuery, toFilter } from './query-text';
import { DEFAULT_RANGE, isTime, type TimeRange, toParameter } from './time-range';

export type Sort = 'newest' | 'slowest';

export interface SearchView {
  readonly text: string;
  readonly range: TimeRange;
  readonly sort: Sort;
  /** Sentences about parts of the address that could not be used. */
  readonly notices: readonly string[];
}

export function readSearch(query: URLSearchParams): SearchView {
  const notices: string[] = [];
  const sort = query.get('sort') ?? 'newest';
  if (sort !== 'newest' && sort !== 'slowest')
    notices.push(`The address asks for the order “${sort}”, which is not known: newest first is shown.`);
  const from = query.get('from') ?? (query.has('to') ? '' : DEFAULT_RANGE.from);
  const to = query.get('to') ?? '';
  const good = isTime(from === 'all' ? '' : from) && isTime(to);
  if (!good) notices.push('The time range in the address could not be read: the last hour is shown.');
  return {
    text: query.get('q') ?? '',
    range: good ? { from: from === 'all' ? '' : from, to } : DEFAULT_RANGE,
    sort: sort === 'slowest' ? 'slowest' : 'newest',
    notices,
  };
}

/** The address's keys; what is the default is left out. */
export function writeRange(range: TimeRange): Record<string, string | null> {
  const isDefault = range.from === DEFAULT_RANGE.from && range.to === DEFAULT_RANGE.to;
  return { from: isDefault ? null : range.from || (range.to ? null : 'all'), to: range.to || null };
}

export type ApiParams = Record<string, string | number | readonly string[] | null>;

export function rangeParams(range: TimeRange): ApiParams {
  return { start: toParameter(range.from), end: toParameter(range.to) };
}

/** null while the text has a problem: a search that would not do what it says is not sent. */
export function searchParams(view: Pick<SearchView, 'text' | 'range' | 'sort'>): ApiParams | null {
  const { terms, problems } = parseQuery(view.text);
  if (problems.length > 0) return null;
  return { ...toFilter(terms), ...rangeParams(view.range), sort: view.sort };
}
