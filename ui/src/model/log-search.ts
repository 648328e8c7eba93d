/** What the log page makes of the search text and of log records. */
import type { LogRecord } from '../api/types';
import { valueText } from './attributes';
import { formatTerm, readParts } from './query-text';

/** The words that are looked for in bodies, to be marked there: those that stand alone, and plain ones of `body:`. */
export function wantedWords(text: string): string[] {
  return readParts(text)
    .filter((part) => !part.negated && (part.kind === 'word' || (part.key === 'body' && part.operator === ':')))
    .flatMap((part) => (part.kind === 'word' ? [part.value] : part.value.replace(/^\/|\/$/g, '').split('*')))
    .filter((word) => word.trim() !== '');
}

/** The parts of a text that a search for any of the words found, upper or lower case, in order; odd ones are the finds. */
export function splitByMatch(text: string, words: readonly string[]): string[] {
  const lower = text.toLowerCase();
  const wanted = words.map((word) => word.toLowerCase()).filter((word) => word !== '');
  // Some letters change their length in lower case; then positions would not fit and nothing is marked.
  if (wanted.length === 0 || lower.length !== text.length) return [text];
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    let found = -1;
    let length = 0;
    for (const word of wanted) {
      const place = lower.indexOf(word, at);
      if (place >= 0 && (found < 0 || place < found || (place === found && word.length > length))) {
        found = place;
        length = word.length;
      }
    }
    if (found < 0) break;
    parts.push(text.slice(at, found), text.slice(found, found + length));
    at = found + length;
  }
  parts.push(text.slice(at));
  return parts;
}

/** What a record says in a column: a field of its own, else an attribute of it or of its resource; empty without. */
export function columnText(log: LogRecord, column: string): string {
  if (column === 'instance') return log.instance;
  if (column === 'trace_id') return log.trace_id ?? '';
  if (column === 'event_name') return log.event_name;
  if (column === 'scope.name') return log.scope.name;
  const name = column.replace(/^(?:attribute|resource)\./, '');
  const places = column.startsWith('resource.') ? [log.resource] : [log, log.resource];
  // Every object has a `constructor` that nobody sent.
  const holder = places.find(({ attributes }) => Object.hasOwn(attributes, name) && attributes[name] !== null);
  return holder ? valueText(holder.attributes[name]!) : '';
}

/** One record a line, as it came from the API. */
export function asNdjson(logs: readonly LogRecord[]): string {
  return logs.map((log) => `${JSON.stringify(log)}\n`).join('');
}

/** The text that finds the lines of a service, or of one instance of it. */
export function linesOf(service: string, instance = ''): string {
  const terms = [formatTerm('service', ':', service), ...(instance ? [formatTerm('instance', ':', instance)] : [])];
  return terms.join(' ');
}

const BEFORE_MS = 15 * 60_000;
const AFTER_MS = 60_000;

/** The range of what led to a moment and of what came of it: what is silent now has its last lines before it. */
export function aroundMoment(unixNano: number, endNano: number = unixNano): { from: string; to: string } {
  const written = (nano: number, ms: number): string => new Date(nano / 1e6 + ms).toISOString();
  return { from: written(unixNano, -BEFORE_MS), to: written(endNano, AFTER_MS) };
}
