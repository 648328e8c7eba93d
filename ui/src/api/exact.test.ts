import { describe, expect, it } from 'vitest';
import { exact, readExactly } from './exact';

describe('whole numbers of records', () => {
  it('come as their digits where a number does not hold them', () => {
    const read = (key: string, source: string): unknown => exact(key, Number(source), { source });
    expect(read('order.id', '1152921504606846977')).toBe('1152921504606846977');
    expect(read('0', '-9007199254740993')).toBe('-9007199254740993');
    expect(read('n', '9007199254740991')).toBe(9007199254740991);
    expect(read('ratio', '1e300')).toBe(1e300);
    expect(read('ratio', '0.5')).toBe(0.5);
    expect(read('start_time_unix_nano', '1795276168702378266')).toBe(Number('1795276168702378266'));
  });

  it('stay numbers where the browser does not tell how they were written', () => {
    expect(exact('order.id', 2 ** 60)).toBe(2 ** 60);
    expect(readExactly('{"a": [1, "x", null, {"b": 0.5}]}')).toEqual({ a: [1, 'x', null, { b: 0.5 }] });
  });
});
