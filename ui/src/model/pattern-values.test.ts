import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holeName, numbersText, valueTerms } from './pattern-values';
import { readParts } from './query-text';

const ID = '4b4b4b4b4b4b4b4b';

/** The expression of the search, as it would be run. */
function expression(terms: string): RegExp {
  const part = readParts(terms).find(({ key }) => key === 'body')!;
  return new RegExp(part.value.slice(1, -1).replaceAll('\\/', '/'));
}

describe('the parameters of a pattern', () => {
  it('are named by what stands around them', () => {
    const template = '<*> card <*> declined after <*> s';
    expect([0, 1, 2].map((at) => holeName(template, at))).toEqual(['∗ card', 'card ∗ declined', 'declined after ∗ s']);
    expect(holeName('<*>', 0)).toBe('∗');
  });

  it('are searched for by the pattern and the value in its place', () => {
    expect(valueTerms(ID, 'card <*> took <*> s', 0, '17')).toBe(`pattern:${ID} body:/^\\s*card\\s+17\\s+took\\s+/`);
    const last = expression(valueTerms(ID, 'card <*> took <*>', 1, '5'));
    const lines = ['card 9 took 5', '  card   9 took 5\nmore', 'card 9 took 53', 'card 5 took 9'];
    expect(lines.map((line) => last.test(line))).toEqual([true, true, false, false]);
  });

  it('find any value that stood there, whatever it holds', () => {
    const texts = fc.stringMatching(/^[ -~]{1,20}$/);
    fc.assert(
      fc.property(texts, texts, (before, value) => {
        const kept = before.replaceAll('<*>', '').trim();
        fc.pre(kept !== '' && value.trim() === value);
        const terms = valueTerms(ID, `${kept} <*> end`, 0, value);
        expect(readParts(terms).map(({ key }) => key)).toEqual(['pattern', 'body']);
        expect(expression(terms).test(`${kept}  ${value} end`)).toBe(true);
      }),
    );
  });

  it('say between which numbers they are', () => {
    expect([numbersText({ min: 1, p50: 2.5, max: 1e4 }), numbersText({ min: 3, p50: 3, max: 3 })]).toEqual([
      '1 … 10000, half up to 2.5',
      'always 3',
    ]);
  });
});
