/** The time range of a search: what the address keeps, what the API gets and what a person reads. */
import { fromWallClock, type Zone } from '../base/time';

export interface TimeRange {
  /** `now-1h`, RFC 3339, or empty for "since the beginning". */
  readonly from: string;
  /** The same; empty means now. */
  readonly to: string;
}

export const PRESETS: readonly (readonly [from: string, label: string])[] = [
  ['now-5m', 'Last 5 minutes'],
  ['now-15m', 'Last 15 minutes'],
  ['now-1h', 'Last hour'],
  ['now-6h', 'Last 6 hours'],
  ['now-24h', 'Last 24 hours'],
  ['now-7d', 'Last 7 days'],
  ['', 'All time'],
];

export const DEFAULT_RANGE: TimeRange = { from: 'now-1h', to: '' };

const RELATIVE = /^now(?:-(\d+)(s|m|h|d))?$/;
const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };
const NAMES: Record<string, string> = { s: 'second', m: 'minute', h: 'hour', d: 'day' };

const ZONELESS = /^\d{4}-\d\d-\d\d(?:T(\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?$/;

/** Milliseconds since the epoch, or null when the text is no time. `zone` is that of a date that names none. */
export function resolve(text: string, nowMs: number, zone: Zone = 'local'): number | null {
  const relative = RELATIVE.exec(text);
  if (relative) return relative[1] ? nowMs - Number(relative[1]) * SECONDS[relative[2]!]! * 1000 : nowMs;
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return null;
  const written = text.replace(' ', 'T');
  const zoneless = ZONELESS.exec(written);
  const parsed = Date.parse(zoneless?.[1] ? `${written}Z` : written);
  if (Number.isNaN(parsed)) return null;
  return zoneless ? fromWallClock(parsed, zone) : parsed;
}

/** A time as it was typed, with its zone: what is kept of it means the same to readers of another one. */
export function zoned(text: string, zone: Zone): string {
  const ms = ZONELESS.test(text.replace(' ', 'T')) ? resolve(text, 0, zone) : null;
  return ms === null ? text : new Date(ms).toISOString();
}

export function isTime(text: string): boolean {
  return text === '' || resolve(text, 0) !== null;
}

/** What is sent: relative times as they are, so that the server's clock decides; absolute ones as RFC 3339 in UTC. */
export function toParameter(text: string): string | null {
  if (text === '' || text === 'now') return null;
  if (RELATIVE.test(text)) return text;
  const ms = resolve(text, 0);
  return ms === null ? null : new Date(ms).toISOString();
}

/** How a moment is written; of the end of a range it is told where the range begins. */
export type ShowTime = (unixNano: number, since?: number) => string;

/** `Last hour`, `Last 3 days`, `21 Nov 14:00 – 15:00`. */
export function label(range: TimeRange, show: ShowTime): string {
  if (range.to === '' || range.to === 'now') {
    const preset = PRESETS.find(([from]) => from === range.from);
    if (preset) return preset[1];
    const relative = RELATIVE.exec(range.from);
    if (relative?.[1]) return `Last ${relative[1]} ${NAMES[relative[2]!]}${relative[1] === '1' ? '' : 's'}`;
  }
  const absolute = (text: string): number | null => (text.startsWith('now') ? null : resolve(text, 0));
  const since = absolute(range.from);
  const part = (text: string, empty: string, after?: number): string => {
    const ms = absolute(text);
    return text === '' ? empty : ms === null ? text : show(ms * 1e6, after);
  };
  const to = since === null ? part(range.to, 'now') : part(range.to, 'now', since * 1e6);
  return `${part(range.from, 'Beginning')} – ${to}`;
}

/** Where a range has to begin that reaches a moment from now: the usual one, or a little before it. */
export function reaching(unixNano: number, nowMs: number): { from: string | null } {
  const usual = resolve(DEFAULT_RANGE.from, nowMs)!;
  const ms = unixNano / 1e6;
  return { from: ms > usual + 60_000 ? null : new Date(ms - 60_000).toISOString() };
}

/** As long before a time as another one is before now; relative where the time is. */
export function before(to: string, length: string): string {
  const [end, back] = [RELATIVE.exec(to || 'now'), -resolve(length, 0)! / 1000];
  if (!end) return new Date(resolve(to, 0)! - back * 1000).toISOString();
  const seconds = back + (end[1] ? Number(end[1]) * SECONDS[end[2]!]! : 0);
  if (seconds === back) return length;
  const unit = ['d', 'h', 'm', 's'].find((each) => seconds % SECONDS[each]! === 0)!;
  return `now-${seconds / SECONDS[unit]!}${unit}`;
}

/** Twice the time, about the same middle; no end lies ahead, and where an end is open it stays so. */
export function widen(range: TimeRange, nowMs: number): TimeRange {
  if (range.from === '') return range;
  const from = resolve(range.from, nowMs) ?? nowMs;
  const to = range.to === '' ? nowMs : (resolve(range.to, nowMs) ?? nowMs);
  const half = (to - from) / 2;
  const relative = range.to === '' ? RELATIVE.exec(range.from) : null;
  if (relative?.[1]) return { from: `now-${2 * Number(relative[1])}${relative[2]}`, to: '' };
  const iso = (ms: number): string => new Date(ms).toISOString();
  if (range.to === '') return { from: iso(from - 2 * half), to: '' };
  return { from: iso(from - half), to: iso(Math.min(to + half, Math.max(to, nowMs))) };
}

/** The window before or after this one, of the same length, in absolute times; a day of what has no beginning. */
export function shift(range: TimeRange, direction: -1 | 1, nowMs: number): TimeRange {
  const from = resolve(range.from || before(range.to, 'now-24h'), nowMs) ?? nowMs;
  const to = range.to === '' ? nowMs : (resolve(range.to, nowMs) ?? nowMs);
  const by = (to - from) * direction;
  return { from: new Date(from + by).toISOString(), to: new Date(to + by).toISOString() };
}
