import { describe, expect, it } from 'vitest';
import { shortInstance } from './instance-name';

describe('shortInstance', () => {
  it('keeps the beginning of ids made by chance, and all of a name that somebody gave', () => {
    const all = [
      '68bb1e8e-c9ee-4b13-b409-36331f99a523',
      '4bca3e9c73e7c5924bca3e9c73e7c592',
      'checkout-7f9c8d-x2x',
      'api-0',
    ];
    expect(all.map(shortInstance)).toEqual(['68bb1e8e', '4bca3e9c', 'checkout-7f9c8d-x2x', 'api-0']);
  });
});
