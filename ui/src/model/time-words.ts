/** Times as people say them: `last 20 minutes`, `yesterday 3pm`, `Jan 5 3pm-5pm`. They are of the browser's zone. */
import { isTime, type TimeRange } from './time-range';

const UNITS: Record<string, 's' | 'm' | 'h' | 'd'> = { s: 's', sec: 's', second: 's', m: 'm', min: 'm', minute: 'm' };
for (const word of ['h', 'hr', 'hour']) UNITS[word] = 'h';
for (const word of ['d', 'day']) UNITS[word] = 'd';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const LENGTH = /^(?:last |past )?(\d{1,5})? ?([a-z]+?)s?( ago)?$/;
const CLOCK = /^(\d{1,2})(?::(\d\d))?(?::(\d\d))? ?(am|pm)?$/;
const DAY_MS = 86_400_000;

/** What a text says, or null. One moment is taken for the time from it on; a day for all of it. */
export function readWords(said: string, nowMs: number): TimeRange | null {
  const text = said.trim().toLowerCase().replace(/\s+/g, ' ').replace(/,/g, '');
  const length = LENGTH.exec(text);
  const unit = length ? UNITS[length[2]!] : undefined;
  if (length && unit && (length[1] || /^(last|past)/.test(text)))
    return { from: `now-${length[1] ?? 1}${unit}`, to: '' };
  if (text.includes('now') && isTime(text)) return { from: text, to: '' };
  const { day, rest } = dayOf(text, nowMs);
  if (rest === '') return day === null ? null : between(day, day + DAY_MS, nowMs);
  const [from, to, ...more] = rest.split(/ ?(?:-|–|to|until) ?/).map((part) => part.trim());
  if (from === undefined || more.length > 0) return null;
  const half = to === undefined ? undefined : /[ap]m$/.exec(to)?.[0];
  const start = clockOf(/[ap]m$/.test(from) || !half ? from : from + half);
  const end = to === undefined ? null : clockOf(to);
  if (start === null || (to !== undefined && end === null)) return null;
  const at = (clock: number): number => (day ?? midnight(nowMs)) + clock;
  // What is said of today and lies ahead was meant of yesterday.
  const back = day === null && at(start) > nowMs ? DAY_MS : 0;
  if (end === null) return { from: new Date(at(start) - back).toISOString(), to: '' };
  return between(at(start) - back, at(end) - back + (end <= start ? DAY_MS : 0), nowMs);
}

/** The end is left open where it is still to come. */
const between = (from: number, to: number, nowMs: number): TimeRange => ({
  from: new Date(from).toISOString(),
  to: to > nowMs ? '' : new Date(to).toISOString(),
});

function midnight(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0);
}

/** The day that a text begins with, as its midnight, and what follows. */
function dayOf(text: string, nowMs: number): { day: number | null; rest: string } {
  const named = /^(today|yesterday)(?: at)?(?: |$)/.exec(text);
  // From noon: days are not all of the same length.
  if (named) {
    const day = named[1] === 'today' ? midnight(nowMs) : midnight(midnight(nowMs) - DAY_MS / 2);
    return { day, rest: text.slice(named[0].length) };
  }
  const date = /^(?:([a-z]{3,9}) (\d{1,2})|(\d{1,2}) ([a-z]{3,9}))(?: at)?(?: |$)/.exec(text);
  const month = date ? MONTHS.indexOf((date[1] ?? date[4])!.slice(0, 3)) : -1;
  if (!date || month < 0) return { day: null, rest: text };
  const year = new Date(nowMs).getFullYear();
  const of = (year: number): Date => new Date(year, month, Number(date[2] ?? date[3]));
  const found = of(year).getTime() > nowMs ? of(year - 1) : of(year);
  return found.getMonth() === month
    ? { day: found.getTime(), rest: text.slice(date[0].length) }
    : { day: null, rest: text };
}

/** Milliseconds since midnight; a bare number is no time. */
function clockOf(text: string): number | null {
  if (text === 'noon') return DAY_MS / 2;
  const found = CLOCK.exec(text);
  if (!found || (found[2] === undefined && found[4] === undefined)) return null;
  const [hour, minute, second] = [Number(found[1]), Number(found[2] ?? 0), Number(found[3] ?? 0)];
  if (minute > 59 || second > 59 || (found[4] ? hour < 1 || hour > 12 : hour > 23)) return null;
  const hours = found[4] ? (hour % 12) + (found[4] === 'pm' ? 12 : 0) : hour;
  return ((hours * 60 + minute) * 60 + second) * 1000;
}
