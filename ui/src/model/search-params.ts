/** What the addresses of the search page and the log page hold ↔ what they ask the API. */
import { splitPipeline } from './query-text';
import { DEFAULT_RANGE, isTime, type TimeRange, toParameter } from './time-range';

export type ApiParams = Record<string, string | number | readonly string[] | null>;

export interface SearchView<Sort extends string, View extends string, Chart extends string> {
  readonly text: string;
  readonly range: TimeRange;
  readonly sort: Sort;
  /** What the list holds. Where the text makes groups, that is what is shown. */
  readonly view: View | 'groups';
  readonly chart: Chart;
  /** Sentences about parts of the address that could not be used. */
  readonly notices: readonly string[];
}

/** The words that an address may hold; the first is taken where it says nothing. */
export interface Choices<Sort extends string, View extends string, Chart extends string> {
  readonly sort: readonly [Sort, ...Sort[]];
  readonly view: readonly [View, ...View[]];
  readonly chart: readonly [Chart, ...Chart[]];
}

export function readSearch<Sort extends string, View extends string, Chart extends string>(
  query: URLSearchParams,
  choices: Choices<Sort, View, Chart>,
): SearchView<Sort, View, Chart> {
  const notices: string[] = [];
  const one = <Word extends string>(key: string, words: readonly [Word, ...Word[]]): Word => {
    const said = query.get(key) ?? words[0];
    const known = words.find((word) => word === said);
    if (known === undefined) notices.push(`The address says ${key}=${said}, which is not known: ${words[0]} is shown.`);
    return known ?? words[0];
  };
  const text = query.get('q') ?? '';
  const view = one('view', choices.view);
  const time = readRange(query);
  return {
    text,
    sort: one('sort', choices.sort),
    view: splitPipeline(text).pipeline ? 'groups' : view,
    chart: one('chart', choices.chart),
    range: time.range,
    notices: [...notices, ...time.notices],
  };
}

/** The time range of any page's address. */
export function readRange(query: URLSearchParams): { range: TimeRange; notices: string[] } {
  const from = query.get('from') ?? (query.has('to') ? '' : DEFAULT_RANGE.from);
  const range = { from: from === 'all' ? '' : from, to: query.get('to') ?? '' };
  if (isTime(range.from) && isTime(range.to)) return { range, notices: [] };
  return {
    range: DEFAULT_RANGE,
    notices: ['The time range in the address could not be read: the last hour is shown.'],
  };
}

/** The address's keys; what is the default is left out. */
export function writeRange(range: TimeRange): Record<string, string | null> {
  const isDefault = range.from === DEFAULT_RANGE.from && range.to === DEFAULT_RANGE.to;
  return { from: isDefault ? null : range.from || (range.to ? null : 'all'), to: range.to || null };
}

export function rangeParams(range: TimeRange): ApiParams {
  return { start: toParameter(range.from), end: toParameter(range.to) };
}

/** What a list, its facets and its chart are asked for: everything but the making of groups. */
export function filterParams(text: string, range: TimeRange): ApiParams {
  return { q: splitPipeline(text).filter || null, ...rangeParams(range) };
}

/** Groups by service and operation, or by service and level, where the text does not say which. */
export const USUAL_GROUPS = {
  spans: '| group service, name | count, p50(duration), p95(duration), max(duration)',
  logs: '| group service, severity | count, rate',
} as const;
