/** What is offered below the search field: completions from the collector, earlier searches, ids that can be opened. */
import { fetchSuggestions } from '../../api/search';
import type { SuggestAnswer, Suggestion } from '../../api/types';
import { charactersBefore, unitOf } from '../../base/characters';
import { pastedId } from '../../model/query-text';
import { type ApiParams, rangeParams } from '../../model/search-params';
import type { TimeRange } from '../../model/time-range';
import { searched } from '../../route/query-history';

export interface Option {
  readonly label: string;
  /** What replaces the text from `from` to `to`; null opens what was pasted. */
  readonly insert: string | null;
  readonly hint: string;
  readonly count: number | null;
}

export type Page = 'traces' | 'logs';

/** Long enough that a fast typist asks once a word, too short to be felt. */
const PAUSE_MS = 60;
/** Keys that are nearly always compared for equality: the colon comes with them. */
const WITH_COLON = new Set(['text', 'choice', 'id', 'string', 'bool']);

export class Completer {
  options = $state.raw<readonly Option[]>([]);
  open = $state(false);
  /** The option that Enter takes; -1: it searches. */
  active = $state(-1);
  from = 0;
  to = 0;
  #running: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly page: Page) {}

  get listed(): boolean {
    return this.open && this.options.length > 0;
  }

  close(): void {
    this.open = false;
    this.#running?.abort();
    clearTimeout(this.#timer);
  }

  step(by: 1 | -1): void {
    const size = this.options.length;
    this.active = by > 0 ? (this.active + 1) % size : (this.active <= 0 ? size : this.active) - 1;
  }

  /** The searches of before, the newest nearest to the field. */
  recall(): void {
    this.close();
    this.#show(
      searched(this.page).map((text) => ({ label: text, insert: text, hint: '', count: null })),
      0,
      0,
    );
  }

  look(text: string, cursor: number, range: TimeRange): void {
    this.close();
    const pasted = pastedId(text);
    if (text.trim() === '') this.recall();
    else if (pasted) {
      const label = pasted.trace ? `Open trace ${pasted.trace}` : `Open what ${pasted.span} names`;
      this.#show([{ label, insert: null, hint: pasted.trace ? '' : 'a span or a trace', count: null }], 0, 0);
    } else this.#later(text, cursor, range);
  }

  #later(text: string, cursor: number, range: TimeRange): void {
    const params = { q: text, cursor: charactersBefore(text, cursor), of: this.page, limit: 12, ...rangeParams(range) };
    this.#timer = setTimeout(() => void this.#ask(text, cursor, params), PAUSE_MS);
  }

  async #ask(text: string, cursor: number, params: ApiParams): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    try {
      const answer = await fetchSuggestions(params, running.signal);
      if (running.signal.aborted) return;
      const from = unitOf(text, answer.start);
      const typed = text.slice(from, cursor);
      const fitting = answer.suggestions.filter((one) => one.text !== typed);
      const options = fitting.map((one) => ({
        label: one.text,
        insert: written(one),
        hint: said(one),
        count: one.count,
      }));
      this.#show(options, from, unitOf(text, answer.start + answer.length));
      if (preselects(answer, fitting[0], typed)) this.active = 0;
    } catch {
      // Nothing is offered then; the search itself says what is wrong.
    }
  }

  #show(options: readonly Option[], from: number, to: number): void {
    this.options = options;
    this.from = from;
    this.to = to;
    this.active = -1;
    this.open = true;
  }
}

function written({ text, what, type }: Suggestion): string {
  if (what === 'key') return text.startsWith('has:') ? `${text} ` : WITH_COLON.has(type) ? `${text}:` : text;
  return what === 'operator' && !text.endsWith(':*') ? text : `${text} `;
}

function said({ what, type, description }: Suggestion): string {
  return description || (what === 'operator' ? '' : type);
}

/** Enter takes a value that was begun, and a field; any other word may be meant as text to look for. */
function preselects(answer: SuggestAnswer, first: Suggestion | undefined, typed: string): boolean {
  if (!first || typed === '') return false;
  const begun = first.text.replace(/^"/, '').toLowerCase().startsWith(typed.replace(/^"/, '').toLowerCase());
  if (!begun) return false;
  if (answer.what === 'value') return !answer.suggestions.some((one) => one.text === typed);
  return answer.suggestions.some((one) => one.what === 'key' && one.count === null && one.text.startsWith(typed));
}
