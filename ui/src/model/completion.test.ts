import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Catalogue, complete } from './completion';

const CATALOGUE: Catalogue = {
  services: [
    { name: 'web', span_count: 5, operations: [{ name: 'GET /', span_count: 5 }] },
    {
      name: 'web shop',
      span_count: 9,
      operations: [
        { name: 'GET /', span_count: 2 },
        { name: 'POST /pay', span_count: 7 },
      ],
    },
  ],
};

const offered = (text: string, cursor = text.length): string[] =>
  complete(text, cursor, CATALOGUE).options.map((option) => option.insert);

describe('complete', () => {
  it('offers keys, then values, the most frequent first', () => {
    expect(offered('')).toEqual(['service:', 'operation:', 'status:', 'duration>', 'duration<']);
    expect(offered('du')).toEqual(['duration>', 'duration<']);
    expect(offered('service:w')).toEqual(['service:"web shop" ', 'service:web ']);
    expect(offered('svc:shop')).toEqual(['service:"web shop" ']);
    expect(offered('status:')).toEqual(['status:error ', 'status:ok ', 'status:unset ']);
    expect(offered('operation:')).toEqual(['operation:"GET /" ', 'operation:"POST /pay" ']);
    expect(offered('service:web operation:')).toEqual(['operation:"GET /" ']);
  });

  it('offers nothing for what is written out, or not known', () => {
    expect([offered('status:error'), offered('http.route:'), offered('duration>5')]).toEqual([[], [], []]);
  });

  it('replaces the whole word that the cursor stands in', () => {
    expect(complete('status:err service:x', 8, CATALOGUE)).toMatchObject({ from: 0, to: 10 });
    expect(complete('service:"web s', 14, CATALOGUE)).toMatchObject({
      from: 0,
      to: 14,
      options: [{ insert: 'service:"web shop" ' }],
    });
  });

  it('stays inside the text, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), (text, at) => {
        const cursor = at % (text.length + 1);
        const { from, to } = complete(text, cursor, CATALOGUE);
        expect(from >= 0 && from <= cursor && cursor <= to && to <= text.length).toBe(true);
      }),
    );
  });
});
