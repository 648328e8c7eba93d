/**
 * The search text, `service:checkout status:error duration>500ms`, as far as the browser has to read it: in its parts, so
 * that chips can be drawn from it and facets can change it. What it means and what is wrong with it says the collector.
 * The language: docs/query-language.md.
 */

import type { AnyValue } from '../api/types';
import { valueText } from './attributes';

export type Operator = ':' | '!=' | '>' | '>=' | '<' | '<=';

/** A part that stands by itself. Only a term has a key; `value` is what it says, without quotation marks. */
export interface Part {
  readonly kind: 'term' | 'word' | 'group' | 'joiner' | 'pipeline' | 'odd';
  readonly start: number;
  readonly end: number;
  readonly negated: boolean;
  readonly key: string;
  readonly operator: Operator;
  readonly value: string;
  /** The value is one text: no pattern, expression or range. */
  readonly exact: boolean;
}

const SPACE = /\s+/y;
const PIPELINE = /\|(?!\|)[\s\S]*/y;
const JOINER = /(?:OR|AND|NOT)(?=[\s({"-]|$)|\|\||&&|>>?(?=[\s{(]|$)/y;
const GROUP = /-?(?:count\s*)?[({]/y;
const COUNTED = /\s*(?:[<>!]=|[<>=])\s*\d+/y;
const KEY =
  /(-?)("(?:[^"\\]|\\[\s\S])*"|[^\s:<>=!"(){}|,\-/][^\s:<>=!"(){}|,]*)(?=:\S|\s*(?:[<>!]=|=|>(?!>)|<)\s*[^\s>])/y;
const OPERATOR = /:|\s*(!=|>=|<=|=|>|<)\s*/y;
const VALUE = /"(?:[^"\\]|\\[\s\S])*"|\/(?!\s)(?:[^/\\]|\\.)+\/(?=[\s)}|]|$)|\[[^\]]*\]|(?:[^\s"(){}|\\]|\\[\s\S])+/y;
const WORD = /(-?)("(?:[^"\\]|\\[\s\S])*"|(?:[^\s"(){}|\\]|\\[\s\S])+)/y;

const ALIASES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    svc: 'service',
    node: 'instance',
    operation: 'name',
    op: 'name',
    parent: 'parent_span_id',
    level: 'severity',
    message: 'body',
    msg: 'body',
    'trace.id': 'trace_id',
  }),
);

/** What is wrong with a search, without the place: that is marked in the field. */
export const mistakeText = (message: string): string => message.replace(/^`q`, column \d+: /, '');

/** The key under which the API lists it. */
export function canonicalKey(key: string): string {
  return ALIASES.get(key) ?? key;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** The parts of a text, in order; whatever it holds, every character but blanks is in one of them. */
export function readParts(text: string): Part[] {
  const parts: Part[] = [];
  let at = match(SPACE, text, 0)?.[0].length ?? 0;
  while (at < text.length) {
    const part = readPart(text, at);
    parts.push(part);
    at = part.end + (match(SPACE, text, part.end)?.[0].length ?? 0);
  }
  return parts;
}

function made(kind: Part['kind'], start: number, end: number, more: Partial<Part> = {}): Part {
  return { kind, start, end, negated: false, key: '', operator: ':', value: '', exact: false, ...more };
}

function readPart(text: string, start: number): Part {
  const pipeline = match(PIPELINE, text, start);
  if (pipeline) return made('pipeline', start, text.length);
  const joiner = match(JOINER, text, start);
  if (joiner) return made('joiner', start, start + joiner[0].length);
  if (match(GROUP, text, start)) return readGroup(text, start);
  const key = match(KEY, text, start);
  if (key) return readTerm(text, start, key);
  const word = match(WORD, text, start);
  if (word)
    return made('word', start, start + word[0].length, {
      negated: word[1] === '-',
      value: plain(word[2]!),
      exact: true,
    });
  return made('odd', start, text[start] === '"' ? text.length : start + 1);
}

function readTerm(text: string, start: number, key: RegExpExecArray): Part {
  const operatorAt = start + key[0].length;
  const operator = match(OPERATOR, text, operatorAt)!;
  const valueAt = operatorAt + operator[0].length;
  const value = match(VALUE, text, valueAt);
  if (!value) return made('odd', start, valueAt);
  const written = value[0];
  return made('term', start, valueAt + written.length, {
    negated: key[1] === '-',
    key: canonicalKey(plain(key[2]!)),
    operator: (operator[1] === '=' ? ':' : (operator[1] ?? ':')) as Operator,
    value: /^\/[\s\S]+\/$/.test(written) ? written : plain(written),
    exact: !/^[/[]/.test(written) && !/(?:^|[^\\])(?:\\\\)*\*/.test(written),
  });
}

/** Up to the bracket that closes it, or to the end. */
function readGroup(text: string, start: number): Part {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at]!;
    if (character === '\\') at++;
    else if (character === '"') at = text.indexOf('"', at + 1) < 0 ? text.length : closing(text, at);
    else if (character === '(' || character === '{') depth++;
    else if ((character === ')' || character === '}') && --depth === 0) {
      const counted = text.startsWith('count', start) ? match(COUNTED, text, at + 1) : null;
      return made('group', start, at + 1 + (counted?.[0].length ?? 0));
    }
  }
  return made('odd', start, text.length);
}

function closing(text: string, opened: number): number {
  let at = opened + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function plain(written: string): string {
  const inside = written.length > 1 && written.startsWith('"') ? written.slice(1, -1) : written;
  return inside.replace(/\\([\s\S])/g, '$1');
}

const PLAIN_KEY = /^[A-Za-z_@][\w.@/-]*$/;
const PLAIN_VALUE = /^[A-Za-z0-9_][\w.:@/-]*$/;

/** A term that means this text and no other, as the collector writes it. */
export function formatTerm(key: string, operator: Operator, value: string, negated = false): string {
  const name = PLAIN_KEY.test(key) ? key : `"${key.replace(/["\\]/g, '\\$&')}"`;
  const text = PLAIN_VALUE.test(value) ? value : `"${value.replace(/["\\*]/g, '\\$&')}"`;
  return `${negated ? '-' : ''}${name}${operator}${text}`;
}

/** What the language itself calls so, of spans or of records: an attribute of that name is named with `attribute.` before it. */
const FIELDS =
  /^(?:svc|service|node|instance|name|operation|op|kind|status|status_message|failed|duration|start|time|parent|parent_span_id|trace_state|severity|level|severity_text|body|message|msg|event_name|pattern|trace_id|span_id|has)$|^(?:attribute|resource|scope|event|link|trace)\./;

/** A term that finds what carries this attribute with this value. */
export function attributeTerm(key: string, value: AnyValue, negated = false): string {
  return formatTerm(FIELDS.test(key) ? `attribute.${key}` : key, ':', valueText(value), negated);
}

/** What is searched for, and the groups that are made of it: `| group service | count`; empty without. */
export function splitPipeline(text: string): { filter: string; pipeline: string } {
  const part = readParts(text).find(({ kind }) => kind === 'pipeline');
  const at = part?.start ?? text.length;
  return { filter: text.slice(0, at).trim(), pipeline: text.slice(at).trim() };
}

/** The text with one more condition. */
export function addTerm(text: string, term: string): string {
  const { filter, pipeline } = splitPipeline(text);
  const either = readParts(filter).some((part) => /^(OR|\|\|)$/.test(filter.slice(part.start, part.end)));
  return [either ? `(${filter})` : filter, term, pipeline].filter((one) => one !== '').join(' ');
}

/** The text without the part from `start` to `end`, without the word that joined it, its blanks closed up. */
export function removePart(text: string, start: number, end: number): string {
  const parts = readParts(text);
  const at = parts.findIndex((part) => part.start === start);
  const before = parts[at - 1];
  const after = parts[at + 1];
  let from = start;
  let to = end;
  if (before?.kind === 'joiner') from = before.start;
  else if (!before && after?.kind === 'joiner' && text.slice(after.start, after.end) !== 'NOT') to = after.end;
  return `${text.slice(0, from).trimEnd()} ${text.slice(to).trimStart()}`.trim();
}

/** Whether the text asks for this value of the key, or for others than it. */
export function chosen(parts: readonly Part[], key: string, value: string): 'in' | 'out' | null {
  const part = parts.find((one) => isValue(one, key) && one.value === value);
  if (!part) return null;
  return part.negated === (part.operator === '!=') ? 'in' : 'out';
}

function isValue(part: Part, key: string): boolean {
  return part.kind === 'term' && part.exact && part.key === canonicalKey(key) && /^(:|!=)$/.test(part.operator);
}

/** The text with the value asked for (`in`), left out (`out`), or neither. */
export function choose(text: string, key: string, value: string, way: 'in' | 'out' | null): string {
  const part = readParts(text).find((one) => isValue(one, key) && one.value === value);
  const rest = part ? removePart(text, part.start, part.end) : text;
  return way === null ? rest : addTerm(rest, formatTerm(key, ':', value, way === 'out'));
}

/** The text with the bound of `key` set: replaced where it stands, added, or removed when the value is null. */
export function setBound(text: string, key: string, operator: '>=' | '<=' | '<', value: string | null): string {
  const same = readParts(text).find((part) => part.key === key && !part.negated && part.operator[0] === operator[0]);
  if (value === null) return same ? removePart(text, same.start, same.end) : text;
  const written = formatTerm(key, operator, value);
  return same ? text.slice(0, same.start) + written + text.slice(same.end) : addTerm(text, written);
}

/** The bound of `key` from below or above, or an empty text. */
export function boundOf(parts: readonly Part[], key: string, side: '>' | '<'): string {
  return parts.find((part) => part.key === key && !part.negated && part.operator[0] === side)?.value ?? '';
}

/** Ids that were pasted, alone, in any of their usual shapes. Of 16 digits it may be a span's or, from B3, a trace's. */
export function pastedId(text: string): { trace: string | null; span: string | null } | null {
  const bare = text.trim().replace(/^(?:trace|span)_?id[:=]\s*/i, '');
  const found = /^(?:00-)?([0-9a-f]{32})(?:-([0-9a-f]{16})-[0-9a-f]{2})?$/i.exec(bare);
  if (found) return { trace: found[1]!.toLowerCase(), span: found[2]?.toLowerCase() ?? null };
  return /^[0-9a-f]{16}$/i.test(bare) ? { trace: null, span: bare.toLowerCase() } : null;
}
