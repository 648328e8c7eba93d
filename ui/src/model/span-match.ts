/** Find in a trace: the same language as the search, and more of it, since every span is here. */
import type { Span } from '../api/types';
import { parseDuration } from '../base/format';
import { valueText } from './attributes';
import { type Operator, readTerms, type Term } from './query-text';
import type { TraceModel } from './trace-model';

type Test = (span: Span) => boolean;

export interface Finder {
  readonly test: Test;
  /** Sentences about parts that could not be used. */
  readonly problems: readonly string[];
}

/** null for an empty text. Terms hold together; `-` before a key or word excludes; `*` stands for any text. */
export function makeFinder(text: string): Finder | null {
  const { terms, problems } = readTerms(text);
  const sentences = problems.map((problem) => problem.message);
  const tests: Test[] = [];
  for (const term of terms) {
    const made = makeTest(term);
    if (typeof made === 'string') sentences.push(made);
    else tests.push(made);
  }
  if (tests.length === 0 && sentences.length === 0) return null;
  return { test: (span) => tests.length > 0 && tests.every((test) => test(span)), problems: sentences };
}

function makeTest(term: Term): Test | string {
  const bare = term.key === '';
  const written = bare ? term.value : term.key;
  const excluded = written.startsWith('-') && written.length > 1;
  const key = bare ? '' : excluded ? term.key.slice(1) : term.key;
  const value = bare && excluded ? term.value.slice(1) : term.value;
  const test = bare ? contains(value) : compare(key, term.operator, value);
  if (typeof test === 'string' || !excluded) return test;
  return (span) => !test(span);
}

function contains(word: string): Test {
  const wanted = word.toLowerCase();
  const has = (text: string): boolean => text.toLowerCase().includes(wanted);
  return (span) =>
    has(span.name) ||
    has(span.service) ||
    has(span.status.message) ||
    span.span_id === wanted ||
    Object.entries(span.attributes).some(([key, value]) => has(key) || has(valueText(value))) ||
    span.events.some(
      (event) => has(event.name) || Object.values(event.attributes).some((value) => has(valueText(value))),
    );
}

const FIELDS: Record<string, (span: Span) => string> = {
  service: (span) => span.service,
  operation: (span) => span.name,
  name: (span) => span.name,
  op: (span) => span.name,
  svc: (span) => span.service,
  status: (span) => span.status.code,
  kind: (span) => span.kind,
  instance: (span) => span.instance,
  span_id: (span) => span.span_id,
};

const TIMES: Record<string, (span: Span) => number> = {
  duration: (span) => span.duration,
  self: (span) => span.self_time,
  start: (span) => span.start_offset,
};

function compare(key: string, operator: Operator, value: string): Test | string {
  const time = TIMES[key];
  if (time) {
    const ns = parseDuration(value);
    if (ns === null || operator === ':') return `${key} is compared with > or < and a unit, such as ${key}>500ms.`;
    return (span) => holds(time(span), operator, ns);
  }
  const field = FIELDS[key];
  if (operator !== ':') {
    const number = Number(value);
    if (Number.isNaN(number)) return `${operator} compares numbers; ${value} is none.`;
    return (span) => typeof span.attributes[key] === 'number' && holds(span.attributes[key], operator, number);
  }
  const like = pattern(value);
  if (field) return (span) => like(field(span));
  return (span) => Object.hasOwn(span.attributes, key) && like(valueText(span.attributes[key]!));
}

function holds(left: number, operator: Operator, right: number): boolean {
  if (operator === '>') return left > right;
  if (operator === '>=') return left >= right;
  return operator === '<' ? left < right : left <= right;
}

/** Equal, upper or lower case, with `*` for any text. */
function pattern(value: string): (text: string) => boolean {
  const wanted = value.toLowerCase();
  if (!wanted.includes('*')) return (text) => text.toLowerCase() === wanted;
  const parts = wanted.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const expression = new RegExp(`^${parts.join('[^]*')}$`);
  return (text) => expression.test(text.toLowerCase());
}

/** 1 for each row that matches. */
export function matchRows(model: TraceModel, finder: Finder): Uint8Array {
  const marks = new Uint8Array(model.size);
  for (let row = 0; row < model.size; row++) if (finder.test(model.spans[row]!)) marks[row] = 1;
  return marks;
}
