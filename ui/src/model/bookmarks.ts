/** Log records that a reader has marked, to find them again: kept whole, since the store forgets. */
import type { LogRecord } from '../api/types';
import { valueText } from './attributes';
import { linesOf } from './log-search';
import { logName } from './trace-address';

export interface Bookmark {
  readonly log: LogRecord;
  /** When it was marked, in milliseconds since the epoch. */
  readonly at: number;
}

/** The oldest bookmark gives way to the next. */
export const MOST_BOOKMARKS = 200;
/** A longer record is not kept: browsers give a page about five million letters in all. */
export const LONGEST = 20_000;

/** Which record it is, wherever it is shown: records have no ids. */
export const recordKey = (log: LogRecord): string =>
  [log.time_unix_nano, log.service, log.instance, log.span_id ?? '', valueText(log.body).slice(0, 200)].join('\n');

export const isTooLong = (log: LogRecord): boolean => JSON.stringify(log).length > LONGEST;

/** Marks a record, or takes its mark away; the newest mark is first. */
export function toggled(bookmarks: readonly Bookmark[], log: LogRecord, at: number): Bookmark[] {
  const key = recordKey(log);
  const others = bookmarks.filter((each) => recordKey(each.log) !== key);
  if (others.length < bookmarks.length) return others;
  return [{ log, at }, ...others].slice(0, MOST_BOOKMARKS);
}

/** What was kept, as far as it is of that form. */
export function readBookmarks(value: unknown): Bookmark[] {
  if (!Array.isArray(value)) return [];
  return value.filter((each): each is Bookmark => {
    const log = (each as Partial<Bookmark> | null)?.log;
    return (
      typeof log?.time_unix_nano === 'number' && typeof log.service === 'string' && typeof log.attributes === 'object'
    );
  });
}

const AROUND_MS = 60_000;

/** The address of the log page where the record stands among the lines of its service, a minute on either side. */
export function placeOf(log: LogRecord): Record<string, string> {
  const time = (ms: number): string => new Date(log.time_unix_nano / 1e6 + ms).toISOString();
  return { q: linesOf(log.service), from: time(-AROUND_MS), to: time(AROUND_MS), log: logName([log], 0) };
}
