/** Times as people say them: `last 20 minutes`, `yesterday 3pm`, `Jan 5 3pm-5pm`. */
import { fromWallClock, wallClock, type Zone } from '../base/time';
import { isTime, type TimeRange } from './time-range';

const UNITS: ReadonlyMap<string, string> = new Map(
  ['s sec second', 'm min minute', 'h hr hour', 'd day'].flatMap((words) =>
    words.split(' ').map((word) => [word, words[0]!] as const),
  ),
);

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const LENGTH = /^(?:last |past )?(\d{1,5})? ?([a-z]+?)s?( ago)?$/;
const CLOCK = /^(\d{1,2})(?::(\d\d))?(?::(\d\d))? ?(am|pm)?$/;
/** Hours, minutes and seconds as a clock shows them. */
type Clock = readonly [hours: number, minutes: number, seconds: number];
const MIDNIGHT: Clock = [0, 0, 0];

/** What a text says of the clocks of a zone, or null. One moment is taken for the time from it on; a day for all of it. */
export function readWords(said: string, nowMs: number, zone: Zone): TimeRange | null {
  const text = said.trim().toLowerCase().replace(/\s+/g, ' ').replace(/,/g, '');
  const length = LENGTH.exec(text);
  const unit = length ? UNITS.get(length[2]!) : undefined;
  if (length && unit && (length[1] || /^(last|past)/.test(text)))
    return { from: `now-${length[1] ?? 1}${unit}`, to: '' };
  if (text.includes('now') && isTime(text)) return { from: text, to: '' };
  const { day, rest } = dayOf(text, nowMs, zone);
  if (rest === '') return day === null ? null : between(day, clockTime(zone, day, 1), nowMs);
  const [first, last, ...more] = rest.split(/ ?(?:-|–|to|until) ?/).map((part) => part.trim());
  if (first === undefined || more.length > 0) return null;
  const half = last === undefined ? undefined : /[ap]m$/.exec(last)?.[0];
  const start = clockOf(/[ap]m$/.test(first) || !half ? first : first + half);
  const end = last === undefined ? null : clockOf(last);
  if (start === null || (last !== undefined && end === null)) return null;
  const of = day ?? nowMs;
  // What is said of today and lies ahead was meant of yesterday.
  const shift = day === null && clockTime(zone, of, 0, start) > nowMs ? -1 : 0;
  const from = clockTime(zone, of, shift, start);
  if (end === null) return { from: new Date(from).toISOString(), to: '' };
  return between(from, clockTime(zone, of, seconds(end) <= seconds(start) ? shift + 1 : shift, end), nowMs);
}

/** The end is left open where it is still to come. */
const between = (from: number, to: number, nowMs: number): TimeRange => ({
  from: new Date(from).toISOString(),
  to: to > nowMs ? '' : new Date(to).toISOString(),
});

/** What a clock shows so many days after that of a moment: days are not all of the same length. */
function clockTime(zone: Zone, ms: number, days: number, clock: Clock = MIDNIGHT): number {
  const wall = wallClock(ms, zone);
  return fromWallClock((Math.floor(wall / 86_400_000) + days) * 86_400_000 + seconds(clock) * 1000, zone);
}

const seconds = ([hours, minutes, seconds]: Clock): number => (hours * 60 + minutes) * 60 + seconds;

/** The day that a text begins with, as its midnight, and what follows. */
function dayOf(text: string, nowMs: number, zone: Zone): { day: number | null; rest: string } {
  const named = /^(today|yesterday)(?: at)?(?: |$)/.exec(text);
  if (named) return { day: clockTime(zone, nowMs, named[1] === 'today' ? 0 : -1), rest: text.slice(named[0].length) };
  const date = /^(?:([a-z]{3,9}) (\d{1,2})|(\d{1,2}) ([a-z]{3,9})|(\d{4})-(\d\d)-(\d\d))(?: at)?(?: |$)/.exec(text);
  if (!date) return { day: null, rest: text };
  const month = date[6] ? Number(date[6]) - 1 : MONTHS.indexOf((date[1] ?? date[4])!.slice(0, 3));
  const of = (year: number): Date => new Date(Date.UTC(year, month, Number(date[2] ?? date[3] ?? date[7])));
  const year = new Date(wallClock(nowMs, zone)).getUTCFullYear();
  const latest = fromWallClock(of(year).getTime(), zone) > nowMs ? of(year - 1) : of(year);
  const found = date[5] ? of(Number(date[5])) : latest;
  return month >= 0 && found.getUTCMonth() === month
    ? { day: fromWallClock(found.getTime(), zone), rest: text.slice(date[0].length) }
    : { day: null, rest: text };
}

/** A bare number is no time. */
function clockOf(text: string): Clock | null {
  if (text === 'noon') return [12, 0, 0];
  const found = CLOCK.exec(text);
  if (!found || (found[2] === undefined && found[4] === undefined)) return null;
  const [hour, minute, second] = [Number(found[1]), Number(found[2] ?? 0), Number(found[3] ?? 0)];
  if (minute > 59 || second > 59 || (found[4] ? hour < 1 || hour > 12 : hour > 23)) return null;
  const hours = found[4] ? (hour % 12) + (found[4] === 'pm' ? 12 : 0) : hour;
  return [hours, minute, second];
}
