import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Columns } from './columns';
import { idOfRow, indexIds, rowOfId } from './span-ids';
import { markMatches } from './span-matches';
import { EPOCH, encode, MS, makeTrace, sent } from './testing';
import { buildModel } from './trace-model';

const hex = (id: bigint): string => id.toString(16).padStart(16, '0');

describe('indexIds', () => {
  it('finds the first row of every id, whatever the ids are', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), { maxLength: 50 }), (given) => {
        const all = [...given, ...given.slice(0, 3)];
        const view = new DataView(new ArrayBuffer(all.length * 8));
        for (const [row, id] of all.entries()) view.setBigUint64(row * 8, id);
        const ids = indexIds(new Uint32Array(view.buffer));
        expect(all.map((_, row) => idOfRow(ids, row))).toEqual(all.map(hex));
        expect(all.map((id) => rowOfId(ids, hex(id)))).toEqual(all.map((id) => all.indexOf(id)));
        expect(rowOfId(ids, hex(0n))).toBe(-1);
      }),
    );
  });

  it('takes ids that count, and a mass of one id, without searching long', () => {
    const count = 200_000;
    for (const id of [(row: number) => row + 1, () => 7]) {
      const halves = new Uint32Array(2 * count);
      for (let row = 0; row < count; row++) halves[2 * row + 1] = id(row);
      const ids = indexIds(halves);
      expect(rowOfId(ids, idOfRow(ids, count - 1))).toBe(id(0) === id(1) ? 0 : count - 1);
    }
  });

  it.each(['', 'x', 'ABCDEFABCDEFABCD', '12345678123456781'])('has no row for what is no id: %s', (text) => {
    expect(rowOfId(indexIds(Uint32Array.of(0, 0)), text)).toBe(-1);
  });
});

describe('Columns', () => {
  it('keeps times exact that have more than 53 bits', () => {
    const columns = new Columns<object>(
      encode({}, [
        ['at', 'u64', [BigInt(EPOCH) + 1n, BigInt(EPOCH) - 1n, 2n ** 63n]],
        ['few', 'u8', [1, 2]],
      ]),
    );
    expect([...columns.since('at', BigInt(EPOCH)).slice(0, 2)]).toEqual([1, -1]);
    expect([...columns.since('few', 2n)]).toEqual([-1, 0]);
    expect(() => columns.numbers('at')).toThrow('64 bits');
    expect(() => columns.halves('few')).toThrow('64 bits');
    expect(() => columns.numbers('other')).toThrow('no column other');
  });

  it.each([new ArrayBuffer(0), new ArrayBuffer(64)])('refuses what holds none', (buffer) => {
    expect(() => new Columns(buffer)).toThrow('no columns');
  });
});

describe('markMatches', () => {
  it('marks the spans of the answer, of those that share an id the one that began then', () => {
    const model = buildModel(makeTrace({ id: 1 }, { id: 2, start: 3 }, { id: 2, start: 4 }, { id: 9 }));
    const answer = encode({ reason: 'end', returned: 3 }, [
      ['span_id', 'u64', [sent(1), sent(2), sent(5)]],
      ['start', 'u64', [EPOCH, EPOCH + 4 * MS, EPOCH].map(BigInt)],
    ]);
    const { marks, header } = markMatches(model, answer);
    expect([[...marks], header.reason]).toEqual([[1, 0, 1, 0], 'end']);
  });
});
