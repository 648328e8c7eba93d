/** Attributes as they are read: one text a value, grouped by the first part of their key. */
import type { AnyValue, Attributes } from '../api/types';

/** Longer values are shown in part until they are asked for. */
export const LONG = 2000;

/** A bidirectional override or a control character would let a value pose as another: it is shown as its code. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => `␟${character.codePointAt(0)!.toString(16).padStart(4, '0')}`);
}

/** Strings as they are, numbers as the collector writes them, everything else as JSON; `{ base64 }` says that it was bytes. */
export function valueText(value: AnyValue, indent = 0): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  if (isBytes(value)) return `base64 ${value.base64}`;
  return JSON.stringify(value, null, indent) ?? '';
}

/** A search compares texts: `1e300` and `-0` find what is stored, `1e+300` and `0` do not. */
const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value).replace('e+', 'e'));

function isBytes(value: AnyValue): value is { base64: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0] === 'base64' && typeof value.base64 === 'string';
}

/** What a log record says in one line, so much of it: its body, else the name of the event that it is. */
export function lineText(log: { readonly body: AnyValue; readonly event_name: string }, most: number): string {
  const body = log.body === null ? '' : valueText(log.body);
  return visible((body || log.event_name).slice(0, most));
}

export function isStructured(value: AnyValue): boolean {
  return typeof value === 'object' && value !== null && !isBytes(value);
}

export interface Group {
  readonly name: string;
  readonly entries: readonly (readonly [key: string, value: AnyValue])[];
}

/** Groups of two or more keys that share their first part; the rest first and without a name. Sorted by key. */
export function groupAttributes(attributes: Attributes, filter = ''): Group[] {
  const wanted = filter.trim().toLowerCase();
  const groups = new Map<string, [string, AnyValue][]>();
  for (const entry of Object.entries(attributes).sort(([one], [other]) => (one < other ? -1 : 1))) {
    if (wanted && !entry[0].toLowerCase().includes(wanted) && !valueText(entry[1]).toLowerCase().includes(wanted))
      continue;
    const name = entry[0].includes('.') ? entry[0].slice(0, entry[0].indexOf('.')) : '';
    const group = groups.get(name);
    if (group) group.push(entry);
    else groups.set(name, [entry]);
  }
  const single = [...groups]
    .filter(([name, entries]) => name === '' || entries.length === 1)
    .flatMap(([, entries]) => entries);
  const named = [...groups].filter(([name, entries]) => name !== '' && entries.length > 1);
  const rest: Group[] =
    single.length > 0 ? [{ name: '', entries: single.sort(([one], [other]) => (one < other ? -1 : 1)) }] : [];
  return [...rest, ...named.map(([name, entries]) => ({ name, entries }))];
}

export interface ExceptionText {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
}

/** The exception that an event or a log record carries, if it does. */
export function exceptionOf(attributes: Attributes): ExceptionText | null {
  const read = (key: string): string => (typeof attributes[key] === 'string' ? (attributes[key] as string) : '');
  const found = {
    type: read('exception.type'),
    message: read('exception.message'),
    stack: read('exception.stacktrace'),
  };
  return found.type || found.message || found.stack ? found : null;
}

export type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'none';

const LEVELS: readonly Level[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** `INFO`, `ERROR2`: OpenTelemetry's name of a severity number. */
export function severityName(severity: number): string {
  const grade = (severity - 1) % 4;
  return `${levelOf(severity).toUpperCase()}${severity > 0 && grade > 0 ? grade + 1 : ''}`;
}

/** OpenTelemetry's severity numbers: four a level, 0 for none. */
export function levelOf(severity: number): Level {
  return severity < 1 ? 'none' : LEVELS[Math.min(5, Math.floor((severity - 1) / 4))]!;
}
