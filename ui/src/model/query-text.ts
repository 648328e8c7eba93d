/**
 * The search text: `service:checkout status:error duration>500ms http.route:"/pay/*"`.
 *
 * Terms and text are the same thing: chips are drawn from the terms, and editing a chip rewrites the text.
 * What the collector cannot search yet is a problem with a sentence, never a term that is silently ignored.
 */
import { parseDuration } from '../base/format';

export type Operator = ':' | '>' | '>=' | '<' | '<=';

export interface Term {
  readonly key: string;
  readonly operator: Operator;
  readonly value: string;
  /** Where it stands in the text it was read from. */
  readonly start: number;
  readonly end: number;
}

export interface Problem {
  readonly start: number;
  readonly end: number;
  readonly message: string;
}

export interface Query {
  readonly terms: readonly Term[];
  readonly problems: readonly Problem[];
}

export interface TraceFilter {
  service?: string;
  operation?: string;
  status?: string;
  min_duration?: string;
  max_duration?: string;
  attribute: string[];
}

const KEY = /[^\s:<>="()]+/y;
const OPERATOR = /:|>=|<=|>|<|=/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const BARE = /[^\s"]+/y;
const STATUSES = ['ok', 'error', 'unset'];
const ALIASES: Record<string, string> = { name: 'operation', op: 'operation', svc: 'service' };

/** The key under which the API knows it. */
export function canonicalKey(key: string): string {
  return ALIASES[key] ?? key;
}

/** The terms of a text, whatever the collector can do with them; problems are only those of its form. */
export function readTerms(text: string): { terms: Term[]; problems: Problem[] } {
  const terms: Term[] = [];
  const problems: Problem[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at]!)) {
      at++;
      continue;
    }
    const read = readTerm(text, at);
    at = read.end;
    if ('message' in read) problems.push(read);
    else terms.push(read);
  }
  return { terms, problems };
}

/** What the collector can search for. */
export function parseQuery(text: string): Query {
  const { terms, problems } = readTerms(text);
  for (const term of terms) {
    const message = objection(term, terms);
    if (message) problems.push({ start: term.start, end: term.end, message });
  }
  return { terms, problems };
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function readTerm(text: string, start: number): Term | Problem {
  const key = match(KEY, text, start);
  const operator = key && match(OPERATOR, text, start + key[0].length);
  if (!key || !operator) return loneWord(text, start);
  const valueAt = start + key[0].length + operator[0].length;
  const quoted = match(QUOTED, text, valueAt);
  const value = quoted ?? match(BARE, text, valueAt);
  const end = valueAt + (value?.[0].length ?? 0);
  if (!value) return { start, end, message: `${key[0]}${operator[0]} needs a value.` };
  const symbol = (operator[0] === '=' ? ':' : operator[0]) as Operator;
  return { key: canonicalKey(key[0]), operator: symbol, value: quoted ? unquote(quoted[1]!) : value[0], start, end };
}

/** A word without a key: the key is empty. */
function loneWord(text: string, start: number): Term | Problem {
  const quoted = match(QUOTED, text, start);
  const word = quoted ?? match(BARE, text, start);
  if (!word) return { start, end: text.length, message: 'This quotation mark is not closed.' };
  return { key: '', operator: ':', value: quoted ? unquote(quoted[1]!) : word[0], start, end: start + word[0].length };
}

function unquote(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}

function objection(term: Term, terms: readonly Term[]): string | null {
  if (term.key === '') return `${term.value} stands alone: write key:value, such as operation:${term.value}.`;
  if (term.key.startsWith('-')) return 'Excluding (-key:value) cannot be searched yet.';
  if (term.key === 'duration') return durationObjection(term);
  if (term.operator !== ':') return `${term.operator} works on duration only; other keys are compared with key:value.`;
  if (/^[^*]*\*/.test(term.value) && term.key !== 'status')
    return 'Patterns with * cannot be searched yet: give the whole value.';
  if (term.key === 'status' && !STATUSES.includes(term.value)) return 'status is ok, error or unset.';
  const single = ['service', 'operation', 'status'].includes(term.key);
  if (single && terms.find((other) => other.key === term.key) !== term) {
    return `${term.key} can be given once; all terms have to hold for the same span.`;
  }
  return null;
}

function durationObjection(term: Term): string | null {
  if (term.operator === ':') return 'Compare duration with > or <, such as duration>500ms.';
  return parseDuration(term.value) === null ? 'A duration has a unit: 20us, 500ms, 1.5s, 2m.' : null;
}

/** Quoted only where it has to be. */
export function formatTerm(key: string, operator: Operator, value: string): string {
  const plain = value !== '' && !/[\s"\\]/.test(value);
  return `${key}${operator}${plain ? value : `"${value.replace(/["\\]/g, '\\$&')}"`}`;
}

export function formatQuery(terms: readonly Pick<Term, 'key' | 'operator' | 'value'>[]): string {
  return terms.map((term) => formatTerm(term.key, term.operator, term.value)).join(' ');
}

/** The text without the part from `start` to `end`, its spaces closed up. */
export function removePart(text: string, start: number, end: number): string {
  return `${text.slice(0, start).trimEnd()} ${text.slice(end).trimStart()}`.trim();
}

/** The text with `key` set to `value`: replaced where it stands, added at the end, removed when the value is null. */
export function setTerm(text: string, key: string, operator: Operator, value: string | null): string {
  const same = parseQuery(text).terms.find((term) => term.key === key && sameSide(term.operator, operator));
  if (value === null) return same ? removePart(text, same.start, same.end) : text;
  const written = formatTerm(key, operator, value);
  if (same) return text.slice(0, same.start) + written + text.slice(same.end);
  return `${text.trimEnd()} ${written}`.trim();
}

function sameSide(one: Operator, other: Operator): boolean {
  return one[0] === other[0];
}

/** The first value of a key, or null. */
export function firstValue(query: Query, key: string, operator: Operator = ':'): string | null {
  return query.terms.find((term) => term.key === key && sameSide(term.operator, operator))?.value ?? null;
}

/** The API's parameters. `>` and `<` exclude the value itself, which for whole nanoseconds is one more or less. */
export function toFilter(terms: readonly Term[]): TraceFilter {
  const filter: TraceFilter = { attribute: [] };
  for (const { key, operator, value } of terms) {
    if (key === 'duration') {
      const ns = parseDuration(value)!;
      if (operator[0] === '>') filter.min_duration = String(operator === '>' ? ns + 1 : ns);
      else filter.max_duration = String(operator === '<' ? Math.max(0, ns - 1) : ns);
    } else if (key === 'service' || key === 'operation' || key === 'status') filter[key] = value;
    else filter.attribute.push(`${key}=${value}`);
  }
  return filter;
}

/** A trace id that was pasted, alone, in any of its usual shapes, the 64 bits of B3 included; null otherwise. */
export function pastedTraceId(text: string): string | null {
  const found = /^(?:00-)?([0-9a-f]{32}|[0-9a-f]{16})(?:-[0-9a-f]{16}-[0-9a-f]{2})?$/i.exec(
    text.trim().replace(/^trace_?id[:=]\s*/i, ''),
  );
  return found ? found[1]!.toLowerCase().padStart(32, '0') : null;
}
