/** Makes traces for tests: ids count, times are whole milliseconds. */
import type { LogRecord } from '../api/types';
import { FLAG } from './trace-model';

export interface Sketch {
  name?: string;
  service?: string;
  start?: number;
  duration?: number;
  error?: boolean;
  /** Its parent is named and has not arrived; a number is that parent's id, which is 255 else. */
  missing?: boolean | number;
  /** Without an end. */
  open?: boolean;
  /** On the critical path. */
  critical?: boolean;
  /** Times of events, in milliseconds since the trace's start. */
  events?: number[];
  /** Instead of its number. */
  id?: number;
  children?: Sketch[];
}

export const MS = 1e6;
export const EPOCH = 1_700_000_000_000_000_000;
const ORIGIN = 1_700_000_000_000_000_000n;

interface Row extends Sketch {
  parent: number;
  below: number;
}

/** A trace as the collector answers with it, from a drawing of the tree; times in milliseconds. */
export function makeTrace(...roots: Sketch[]): ArrayBuffer {
  const rows: Row[] = [];
  const add = (sketch: Sketch, parent: number): void => {
    const at = rows.length;
    rows.push({ ...sketch, parent, below: 0 });
    for (const child of sketch.children ?? []) add(child, at);
    rows[at]!.below = rows.length - at - 1;
  };
  for (const root of roots) add(root, -1);
  const list = (get: (row: Row, at: number) => string): [string[], number[]] => {
    const places = new Map<string, number>();
    const codes = rows.map((row, at) => {
      const text = get(row, at);
      if (!places.has(text)) places.set(text, places.size);
      return places.get(text)!;
    });
    return [[...places.keys()], codes];
  };
  const ns = (ms: number): number => Math.round(ms * MS);
  const [services, service] = list((row) => row.service ?? 'api');
  const [names, name] = list((row, at) => row.name ?? `span ${at + 1}`);
  const duration = Math.max(0, ...rows.map((row) => ns((row.start ?? 0) + (row.duration ?? 10))));
  const events = rows.flatMap((row, at) => (row.events ?? []).map((time) => [at, ns(time)] as const));
  const zero = rows.map(() => 0);
  const lost = rows.flatMap((row, at) => (row.missing ? [at] : []));
  const columns: [string, 'u8' | 'u16' | 'u32' | 'u64', (number | bigint)[]][] = [
    ['parent_delta', 'u32', rows.map(({ parent }, at) => (parent < 0 ? 0 : at - parent))],
    ['below', 'u16', rows.map(({ below }) => below)],
    ['start', 'u64', rows.map(({ start }) => BigInt(ns(start ?? 0)))],
    ['duration', 'u32', rows.map((row) => ns(row.duration ?? 10))],
    ['self_time', 'u64', rows.map((row) => BigInt(ns(row.duration ?? 10)))],
    ['event_row', 'u8', events.map(([at]) => at)],
    ['event_time', 'u32', events.map(([, time]) => time)],
    ['service', 'u8', service],
    ['instance', 'u8', zero],
    ['scope', 'u8', zero],
    ['host', 'u8', zero],
    ['name', 'u16', name],
    ['kind', 'u8', zero],
    ['status', 'u8', rows.map((row) => (row.error ? 1 : 0))],
    ['flags', 'u16', rows.map(flagsOf)],
    ['lost_row', 'u16', lost],
    ['lost_parent', 'u64', lost.map((at) => sent(rows[at]!.missing === true ? 255 : Number(rows[at]!.missing)))],
    ['span_id', 'u64', rows.map((row, at) => sent(row.id ?? at + 1))],
  ];
  return encode(
    {
      trace_id: '1'.padStart(32, '0'),
      start_time_unix_nano: EPOCH,
      end_time_unix_nano: EPOCH + duration,
      duration,
      root_service: rows[0]?.service ?? null,
      root_name: rows[0]?.name ?? null,
      span_count: rows.length,
      error_count: rows.filter((row) => row.error).length,
      missing_parents: rows.filter((row) => row.missing).length,
      log_count: 0,
      services: services.map((one) => ({ name: one, span_count: 1, error_count: 0 })),
      returned: rows.length,
      total: rows.length,
      total_relation: 'eq',
      reason: 'end',
      origin_unix_nano: String(ORIGIN),
      start_offset: '0',
      texts: {
        service: services,
        instance: ['api-1'],
        scope: [''],
        name: names,
        host: ['host-1'],
        kind: ['internal'],
        status: ['unset', 'error'],
      },
      clocks: [],
      oddities: { 512: 'Other spans of this trace have the same id.' },
    },
    columns,
  );
}

function flagsOf(row: Row): number {
  return (
    (row.error ? FLAG.error : 0) |
    (row.missing ? FLAG.parentMissing : 0) |
    (row.open ? FLAG.unfinished : 0) |
    (row.events ? FLAG.hasEvents : 0) |
    (row.critical ? FLAG.critical : 0)
  );
}

/** An id as a number whose lowest byte is the first that was sent. */
export function sent(id: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(id));
  return view.getBigUint64(0, true);
}

type Width = 'u8' | 'u16' | 'u32' | 'u64';

export function encode(header: object, columns: [string, Width, (number | bigint)[]][]): ArrayBuffer {
  const bytes = { u8: 1, u16: 2, u32: 4, u64: 8 };
  let offset = 0;
  const places = columns.map(([name, type, numbers]) => {
    const place = { name, type, offset, length: numbers.length };
    offset += Math.ceil((numbers.length * bytes[type]) / 8) * 8;
    return place;
  });
  let text = new TextEncoder().encode(JSON.stringify({ ...header, columns: places }));
  text = new TextEncoder().encode(new TextDecoder().decode(text).padEnd(text.length + ((8 - (text.length % 8)) % 8)));
  const buffer = new ArrayBuffer(8 + text.length + offset);
  const view = new DataView(buffer);
  new Uint8Array(buffer).set([...new TextEncoder().encode('SWC1')]);
  view.setUint32(4, text.length, true);
  new Uint8Array(buffer, 8).set(text);
  columns.forEach(([, type, numbers], column) => {
    numbers.forEach((number, at) => {
      const place = 8 + text.length + places[column]!.offset + at * bytes[type];
      if (type === 'u64') view.setBigUint64(place, BigInt(number), true);
      else if (type === 'u32') view.setUint32(place, Number(number), true);
      else if (type === 'u16') view.setUint16(place, Number(number), true);
      else view.setUint8(place, Number(number));
    });
  });
  return buffer;
}

export function makeLog(spanId: string | null, offset: number, body = 'line'): LogRecord {
  const scope = { name: '', version: '', attributes: {}, dropped_attributes_count: 0, schema_url: '' };
  return {
    time_unix_nano: EPOCH + offset * MS,
    observed_time_unix_nano: EPOCH + offset * MS,
    severity_number: 9,
    inferred: false,
    severity_text: 'INFO',
    service: 'api',
    instance: 'api-1',
    trace_id: '1'.padStart(32, '0'),
    span_id: spanId,
    body,
    event_name: '',
    attributes: {},
    dropped_attributes_count: 0,
    flags: 1,
    time_source: 'event',
    pattern: null,
    resource: { attributes: {}, dropped_attributes_count: 0, schema_url: '', entity_refs: [] },
    scope,
  };
}
