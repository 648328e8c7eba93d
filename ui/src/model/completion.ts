/** What could be written next in the search text: first a key, then one of its values. */
import { canonicalKey, formatTerm, type Operator, parseQuery } from './query-text';

export interface Catalogue {
  readonly services: readonly {
    readonly name: string;
    readonly span_count: number;
    readonly operations: readonly { readonly name: string; readonly span_count: number }[];
  }[];
}

export interface Completion {
  /** As it reads in the list. */
  readonly label: string;
  /** What replaces the text from `from` to `to`. */
  readonly insert: string;
  readonly hint: string;
  /** Spans that have it; null where that is not known. */
  readonly count: number | null;
}

export interface Completions {
  readonly from: number;
  readonly to: number;
  readonly options: readonly Completion[];
}

const MOST = 10;
const KEYS: readonly (readonly [insert: string, hint: string])[] = [
  ['service:', 'name of the service'],
  ['operation:', 'name of the span'],
  ['status:', 'error, ok or unset'],
  ['duration>', 'longer than, such as 500ms'],
  ['duration<', 'shorter than, such as 2s'],
];
const STATUSES: readonly (readonly [value: string, hint: string])[] = [
  ['error', 'it failed'],
  ['ok', 'said to be good'],
  ['unset', 'nothing was said'],
];

/** For the word that the cursor stands in or behind. */
export function complete(text: string, cursor: number, catalogue: Catalogue): Completions {
  const from = wordStart(text, cursor);
  const word = text.slice(from, cursor);
  const to = wordEnd(text, cursor);
  const found = /^([^\s:<>="]+)(:|>=|<=|>|<|=)(.*)$/s.exec(word);
  const options = found
    ? values(canonicalKey(found[1]!), found[3]!, text.slice(0, from) + text.slice(to), catalogue)
    : keys(word);
  return { from, to, options: options.slice(0, MOST) };
}

/** Behind the last space that is not inside quotation marks. */
function wordStart(text: string, cursor: number): number {
  let start = 0;
  let quoted = false;
  for (let at = 0; at < cursor; at++) {
    if (text[at] === '"' && text[at - 1] !== '\\') quoted = !quoted;
    else if (!quoted && /\s/.test(text[at]!)) start = at + 1;
  }
  return start;
}

function wordEnd(text: string, cursor: number): number {
  const rest = /^[^\s"]*/.exec(text.slice(cursor))!;
  return cursor + rest[0].length;
}

function keys(word: string): Completion[] {
  const wanted = word.toLowerCase();
  return KEYS.filter(([insert]) => insert.startsWith(wanted)).map(([insert, hint]) => ({
    label: insert,
    insert,
    hint,
    count: null,
  }));
}

function values(key: string, typed: string, rest: string, catalogue: Catalogue): Completion[] {
  const wanted = typed.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1').toLowerCase();
  const fits = (value: string): boolean => value.toLowerCase().includes(wanted) && value.toLowerCase() !== wanted;
  const made = (value: string, hint: string, count: number | null): Completion => ({
    label: value,
    insert: `${formatTerm(key, ':' as Operator, value)} `,
    hint,
    count,
  });
  if (key === 'status')
    return STATUSES.filter(([value]) => fits(value)).map(([value, hint]) => made(value, hint, null));
  if (key === 'service') {
    return [...catalogue.services]
      .filter((service) => service.name !== '' && fits(service.name))
      .sort((one, other) => other.span_count - one.span_count)
      .map((service) => made(service.name, '', service.span_count));
  }
  return key === 'operation'
    ? operations(rest, catalogue)
        .filter(({ name }) => name !== '' && fits(name))
        .map((one) => made(one.name, one.hint, one.count))
    : [];
}

/** Those of the service that the text names, else of all; the most frequent first. */
function operations(rest: string, catalogue: Catalogue): { name: string; hint: string; count: number }[] {
  const service = parseQuery(rest).terms.find((term) => term.key === 'service')?.value;
  const sums = new Map<string, { name: string; hint: string; count: number }>();
  for (const one of catalogue.services) {
    if (service !== undefined && one.name !== service) continue;
    for (const operation of one.operations) {
      const sum = sums.get(operation.name);
      if (sum) {
        sum.count += operation.span_count;
        sum.hint = 'several services';
      } else
        sums.set(operation.name, {
          name: operation.name,
          hint: service === undefined ? one.name : '',
          count: operation.span_count,
        });
    }
  }
  return [...sums.values()].sort((one, other) => other.count - one.count);
}
