/** Times as people read them, always with the zone they are in. */

/** Of this browser, UTC, or a name of the IANA database. */
export type Zone = 'local' | 'utc' | `${string}/${string}`;

/** The names that this browser knows. */
export const namedZones = (): Zone[] => Intl.supportedValuesOf('timeZone').filter(isNamed);

const isNamed = (name: string): name is `${string}/${string}` => name.includes('/');

/** What was kept may be of another browser, or of nobody. */
export function knownZone(name: string): Zone {
  if (name === 'utc' || !isNamed(name)) return name === 'utc' ? 'utc' : 'local';
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch {
    return 'local';
  }
}

/** `Local`, `UTC`, `New York`. */
export function zoneLabel(zone: Zone): string {
  if (zone === 'local') return 'Local';
  return zone === 'utc' ? 'UTC' : zone.slice(zone.lastIndexOf('/') + 1).replaceAll('_', ' ');
}

const WALL = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: Zone, kind: 'clock' | 'date' | 'zone' | 'day' | 'offset'): Intl.DateTimeFormat {
  const key = `${zone} ${kind}`;
  let found = formats.get(key);
  if (!found) {
    const timeZone = zone === 'local' ? {} : { timeZone: zone };
    const parts: Record<typeof kind, Intl.DateTimeFormatOptions> = {
      clock: WALL,
      date: { year: 'numeric', month: '2-digit', day: '2-digit' },
      day: { month: 'short', day: 'numeric' },
      zone: { timeZoneName: 'short', hour: 'numeric' },
      offset: { timeZoneName: 'longOffset' },
    };
    found = new Intl.DateTimeFormat(kind === 'date' ? 'sv-SE' : 'en-GB', { ...parts[kind], ...timeZone });
    formats.set(key, found);
  }
  return found;
}

/** `14:02:31.482`: nanoseconds since the epoch lose their last two digits in JavaScript, so milliseconds are shown. */
export function clock(unixNano: number, zone: Zone, digits = 3): string {
  // To the microsecond first: 256 ns of rounding may have put it just below a whole millisecond.
  const ms = Math.round(unixNano / 1e3) / 1e3;
  const wall = format(zone, 'clock').format(ms);
  if (digits === 0) return wall;
  const fraction = String(Math.floor(((ms % 1000) + 1000) % 1000)).padStart(3, '0');
  return `${wall}.${fraction}`;
}

/** `2026-11-21`. */
export function date(unixNano: number, zone: Zone): string {
  return format(zone, 'date').format(unixNano / 1e6);
}

/** `21 Nov`. */
export function day(unixNano: number, zone: Zone): string {
  return format(zone, 'day').format(unixNano / 1e6);
}

/** The clock alone for today, with the day before it for another day. */
export function shortStamp(unixNano: number, zone: Zone, nowMs: number): string {
  const wall = clock(unixNano, zone, 0);
  return date(unixNano, zone) === date(nowMs * 1e6, zone) ? wall : `${day(unixNano, zone)} ${wall}`;
}

/** As short as it can be read: without its day where that is today's or the one of `since`, without seconds where there are none. */
export function moment(unixNano: number, zone: Zone, nowMs: number, since?: number): string {
  const dated = since !== undefined && date(unixNano, zone) === date(since, zone);
  const text = dated ? clock(unixNano, zone, 0) : shortStamp(unixNano, zone, nowMs);
  return text.replace(/:00$/, '');
}

/** `UTC`, `CET`, `GMT+5:30`. */
export function zoneName(zone: Zone, unixNano: number): string {
  if (zone === 'utc') return 'UTC';
  const parts = format(zone, 'zone').formatToParts(unixNano / 1e6);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? 'local';
}

/** How far the clocks of a zone are ahead of UTC's at a moment: `GMT+05:45`, or `GMT-00:25:21` of long ago. */
function ahead(ms: number, zone: Zone): number {
  const found = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(format(zone, 'offset').format(ms));
  if (!found) return 0;
  const [, sign, hours, minutes, seconds = '0'] = found;
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * (sign === '-' ? -1000 : 1000);
}

/** What the clocks of a zone show, as the moment in milliseconds at which those of UTC show it. */
export const wallClock = (ms: number, zone: Zone): number => ms + ahead(ms, zone);

const DAY = 86_400_000;

/** When the clocks of a zone show it: the earlier of two moments; what they skip is counted on from where they were. */
export function fromWallClock(wall: number, zone: Zone): number {
  const moments = [wall - ahead(wall - DAY, zone), wall - ahead(wall + DAY, zone)];
  return moments.find((ms) => wallClock(ms, zone) === wall) ?? moments[0]!;
}

/** `2026-11-21 14:02:31.482 UTC`. */
export function stamp(unixNano: number, zone: Zone): string {
  return `${date(unixNano, zone)} ${clock(unixNano, zone)} ${zoneName(zone, unixNano)}`;
}

/** `just now`, `12 s ago`, `5 min ago`, `3 h ago`, `2 d ago`; a time ahead of this machine's clock says so. */
export function ago(unixNano: number, nowMs: number): string {
  const seconds = Math.round((nowMs - unixNano / 1e6) / 1000);
  if (seconds < -5) return `in ${span(-seconds)}`;
  return seconds < 2 ? 'just now' : `${span(seconds)} ago`;
}

function span(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}
