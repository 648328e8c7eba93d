import { describe, expect, it } from 'vitest';
import { type Entry, rank } from './palette';

const entry = (name: string): Entry => ({ kind: 'service', name, hint: '', run: () => undefined });
const found = (text: string): string[] =>
  rank(['Traces', 'recart', 'shop-cart', 'cart', 'checkout-art', 'Map'].map(entry), text).map(({ name }) => name);

describe('rank', () => {
  it('puts beginnings first, then beginnings of words, then parts, then letters in order', () => {
    expect([found('cart'), found('CA'), found('tcs'), found('zz'), found(' ')]).toEqual([
      ['cart', 'shop-cart', 'recart', 'checkout-art'],
      ['cart', 'shop-cart', 'recart', 'checkout-art'],
      ['Traces'],
      [],
      ['Traces', 'recart', 'shop-cart', 'cart', 'checkout-art', 'Map'],
    ]);
  });
});
