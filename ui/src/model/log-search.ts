/** The log page's address ↔ what it asks the API. */
import type { ApiParams } from './search-params';
import { rangeParams } from './search-params';
import { DEFAULT_RANGE, isTime, type TimeRange } from './time-range';

export const SEVERITIES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface LogView {
  readonly text: string;
  readonly service: string;
  /** The least severity; empty for all. */
  readonly severity: Severity | '';
  readonly range: TimeRange;
  readonly sort: 'newest' | 'oldest';
  readonly notices: readonly string[];
}

export function readLogView(query: URLSearchParams): LogView {
  const notices: string[] = [];
  const severity = SEVERITIES.find((one) => one === (query.get('severity') ?? '').toUpperCase()) ?? '';
  if (query.get('severity') && severity === '')
    notices.push(`“${query.get('severity')}” is no severity: all are shown.`);
  const from = query.get('from') ?? (query.has('to') ? '' : DEFAULT_RANGE.from);
  const to = query.get('to') ?? '';
  const start = from === 'all' ? '' : from;
  const good = isTime(start) && isTime(to);
  if (!good) notices.push('The time range in the address could not be read: the last hour is shown.');
  return {
    text: query.get('q') ?? '',
    service: query.get('service') ?? '',
    severity,
    range: good ? { from: start, to } : DEFAULT_RANGE,
    sort: query.get('sort') === 'oldest' ? 'oldest' : 'newest',
    notices,
  };
}

export function logParams(view: Omit<LogView, 'notices'>): ApiParams {
  return {
    text: view.text || null,
    service: view.service || null,
    severity: view.severity || null,
    ...rangeParams(view.range),
    sort: view.sort,
  };
}

/** The parts of a text that a search for `needle` found, upper or lower case, in order; odd ones are the finds. */
export function splitByMatch(text: string, needle: string): string[] {
  if (needle === '') return [text];
  const parts: string[] = [];
  const lower = text.toLowerCase();
  const wanted = needle.toLowerCase();
  // Some letters change their length in lower case; then positions would not fit and nothing is marked.
  if (lower.length !== text.length) return [text];
  let at = 0;
  for (let found = lower.indexOf(wanted); found >= 0; found = lower.indexOf(wanted, at)) {
    parts.push(text.slice(at, found), text.slice(found, found + wanted.length));
    at = found + wanted.length;
  }
  parts.push(text.slice(at));
  return parts;
}
