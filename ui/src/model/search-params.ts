/** What the addresses of the search page and the log page hold ↔ what they ask the API. */
import { ADDRESS_FORM } from './pinned-link';
import { splitPipeline } from './query-text';
import { before, DEFAULT_RANGE, isTime, label, type ShowTime, type TimeRange, toParameter } from './time-range';

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

/** The time range of any page's address. `usual`: where it begins when the address does not say. */
export function readRange(
  query: URLSearchParams,
  usual: string = DEFAULT_RANGE.from,
): { range: TimeRange; notices: string[] } {
  const from = query.get('from') ?? (query.has('to') ? '' : usual);
  const asked = { from: from === 'all' ? '' : from, to: query.get('to') ?? '' };
  const notices = laterForm(query);
  if (isTime(asked.from) && isTime(asked.to)) return { range: asked, notices };
  const range = { from: usual, to: '' };
  const instead = label(range, String).toLowerCase();
  return {
    range,
    notices: [...notices, `The time range in the address could not be read; shown instead: ${instead}.`],
  };
}

/** The same for what cannot be asked of all time: what ends before now begins the usual time before its end. */
export function readBegun(
  query: URLSearchParams,
  usual: string,
  show: ShowTime,
): { range: TimeRange; notices: string[] } {
  const { range, notices } = readRange(query, usual);
  if (range.from !== '') return { range, notices };
  const begun = { ...range, from: before(range.to, usual) };
  const said = label(begun, show);
  const shown = said.charAt(0).toLowerCase() + said.slice(1);
  return { range: begun, notices: [...notices, `This page needs a time to begin at; shown instead: ${shown}.`] };
}

/** Addresses that say nothing are of the form that is read here (ADR-0022). */
function laterForm(query: URLSearchParams): string[] {
  const said = query.get('v') ?? ADDRESS_FORM;
  if (said === ADDRESS_FORM) return [];
  return [
    `This link is of another version of Spanwise (v=${said}): what it says in a way that is not known here is left out.`,
  ];
}

/** The address's keys; what is the default is left out. */
export function writeRange(
  range: TimeRange,
  usual: string = DEFAULT_RANGE.from,
): { from: string | null; to: string | null } {
  const isDefault = range.from === usual && range.to === '';
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
