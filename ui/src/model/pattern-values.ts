/** The parameters of a log pattern: where they stand in its template, and the search for one value of one of them. */
import { formatTerm } from './query-text';

const HOLE = '<*>';
const NEIGHBOURS = 2;

/** What stands around a parameter, to tell it from the others: `card ∗ declined`. */
export function holeName(template: string, position: number): string {
  const texts = template.split(HOLE);
  const words = (text: string | undefined): string[] => (text ?? '').split(/\s+/).filter((word) => word !== '');
  const before = words(texts[position]).slice(-NEIGHBOURS);
  const after = words(texts[position + 1]).slice(0, before.length > 0 ? 1 : NEIGHBOURS);
  return [...before, '∗', ...after].join(' ');
}

/**
 * Finds the records of the pattern that have this value there. A template has one blank where its records have any number
 * of them, and says nothing of what follows the first line: so the value is looked for by an expression.
 */
export function valueTerms(id: string, template: string, position: number, value: string): string {
  const texts = template.split(HOLE).map(escaped);
  const isLast = position === texts.length - 2;
  const before = texts.slice(0, position + 1).join('[^\\n]*');
  const after = isLast && texts[position + 1] === '' ? '(\\s|$)' : texts[position + 1]!;
  return `${formatTerm('pattern', ':', id)} body:/^\\s*${before}${escaped(value)}${after}/`;
}

/** For RE2, and between the slashes of the search language. */
const escaped = (text: string): string =>
  text.replace(/\s+|[!-/:-@[-`{-~]/g, (sign) => (sign.trim() ? `\\${sign}` : '\\s+'));

/** From `least` to `most`, and the middle one; numbers as they are written in the records. */
export function numbersText({ min, p50, max }: { min: number; p50: number; max: number }): string {
  const shown = (value: number): string => String(Number(value.toPrecision(6)));
  return min === max ? `always ${shown(min)}` : `${shown(min)} … ${shown(max)}, half up to ${shown(p50)}`;
}
