/** How numbers read: durations, counts, shares. Every text uses a narrow no-break space before its unit. */

const NARROW = ' ';

const UNITS: readonly (readonly [limit: number, size: number, unit: string])[] = [
  [1e3, 1, 'ns'],
  [1e6, 1e3, 'µs'],
  [1e9, 1e6, 'ms'],
  [60e9, 1e9, 's'],
];

/** Three significant digits, whole numbers without a point: 999 ns, 1.24 ms, 12 ms, 12.4 s, 3 m 05 s, 2 h 04 m. */
export function duration(ns: number): string {
  if (!Number.isFinite(ns)) return '–';
  if (ns < 0) return `−${duration(-ns)}`;
  for (const [limit, size, unit] of UNITS) {
    // 999.6 µs would round to 1000 µs: the next unit says it shorter.
    if (ns < limit && Number(significant(ns / size)) < 1000) return `${significant(ns / size)}${NARROW}${unit}`;
  }
  return longDuration(ns);
}

function longDuration(ns: number): string {
  const seconds = Math.round(ns / 1e9);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${NARROW}m ${two(seconds % 60)}${NARROW}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)}${NARROW}h ${two(minutes % 60)}${NARROW}m`;
  return `${Math.round(minutes / 1440)}${NARROW}d`;
}

function significant(value: number): string {
  if (value >= 100 || Number.isInteger(value)) return String(Math.round(value));
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** The label of a tick: enough digits to tell it from its neighbours, never more. */
export function tickLabel(ns: number, step: number): string {
  if (ns === 0) return '0';
  const [, size, unit] = UNITS.find(([limit]) => Math.abs(ns) < limit) ?? UNITS[3]!;
  const digits = Math.min(9, Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9)));
  return `${(ns / size).toFixed(digits)}${NARROW}${unit}`;
}

const grouped = new Intl.NumberFormat('en', { useGrouping: true });

export function count(value: number): string {
  return grouped.format(value);
}

/** `1 span`, `2 spans`, `1,204 spans`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A list's size as the API states it: `≥ 10,000` where only a lower bound is known. */
export function total(value: number, relation: 'eq' | 'gte'): string {
  return relation === 'gte' ? `≥${NARROW}${count(value)}` : count(value);
}

/** 0 %, < 0.1 %, 3.4 %, 42 %, 100 %. */
export function percent(share: number): string {
  const value = share * 100;
  if (value === 0 || value >= 99.95) return `${Math.round(value)}${NARROW}%`;
  if (value < 0.1) return `<${NARROW}0.1${NARROW}%`;
  return `${value < 10 ? value.toFixed(1) : Math.min(99, Math.round(value))}${NARROW}%`;
}

const DURATION = /^(\d+(?:\.\d+)?|\.\d+)\s*(ns|us|µs|μs|ms|s|m|h)$/;
const SIZE: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** `500ms`, `1.5s`, `20us` → nanoseconds; null when it is not a duration. A bare number is refused: it hides its unit. */
export function parseDuration(text: string): number | null {
  const found = DURATION.exec(text.trim());
  return found ? Math.round(Number(found[1]) * SIZE[found[2]!]!) : null;
}

/** Requests in a second: `12 / s`, or in a minute where they are few: `4.5 / min`. */
export function rate(perSecond: number): string {
  const [value, unit] = perSecond >= 1 ? [perSecond, 's'] : [perSecond * 60, 'min'];
  if (value === 0) return '0';
  if (value < 0.1) return `<${NARROW}0.1${NARROW}/${NARROW}${unit}`;
  const text = value >= 100 ? count(Math.round(value)) : value >= 10 ? String(Math.round(value)) : value.toFixed(1);
  return `${text}${NARROW}/${NARROW}${unit}`;
}

const BYTES: readonly (readonly [size: number, unit: string])[] = [
  [1e12, 'TB'],
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
];

/** `0 B`, `812 B`, `4.2 kB`, `31 MB`. */
export function bytes(value: number): string {
  const [size, unit] = BYTES.find(([size]) => value >= size) ?? [1, 'B'];
  const scaled = value / size;
  return `${scaled >= 10 || size === 1 ? Math.round(scaled) : scaled.toFixed(1)}${NARROW}${unit}`;
}

/** `1.4×`, `128×`. */
export const factor = (times: number): string => `${times < 9.95 ? times.toFixed(1) : count(Math.round(times))}×`;

/** How a figure compares with one of before: `1.4× slower`, `2.0× faster`, `alike`. */
export function ratio(now: number, before: number, more: string, less: string): string {
  const times = now / before;
  if (times >= 1.05) return `${factor(times)} ${more}`;
  return times <= 0.95 ? `${factor(1 / times)} ${less}` : 'alike';
}
