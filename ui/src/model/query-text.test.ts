import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addTerm,
  attributeTerm,
  boundOf,
  choose,
  chosen,
  formatTerm,
  pastedId,
  readParts,
  removePart,
  setBound,
  splitPipeline,
} from './query-text';

const read = (text: string): string[] =>
  readParts(text).map(({ kind, start, end, negated, key, operator, value }) =>
    kind === 'term' ? `${negated ? 'not ' : ''}${key} ${operator} ${value}` : `${kind} ${text.slice(start, end)}`,
  );

const key = fc.stringMatching(/^[a-z][a-z0-9._/-]{0,12}$/);
const value = fc.string({ unit: 'binary' });

describe('readParts', () => {
  it('reads terms with any operator, quoted or not', () => {
    expect(
      read(
        'svc:checkout status:error duration >= 1.5s http.route:"/pay \\"now" op=GET -a.b:1 "my key"!=2 constructor:x',
      ),
    ).toEqual([
      'service : checkout',
      'status : error',
      'duration >= 1.5s',
      'http.route : /pay "now',
      'name : GET',
      'not a.b : 1',
      'my key != 2',
      'constructor : x',
    ]);
  });

  it('keeps patterns, expressions and ranges whole', () => {
    const text = 'name:GET* url.path:/^\\/v[0-9]+/ code:[200 TO 299] path:C:\\\\temp';
    expect(read(text)).toEqual(['name : GET*', 'url.path : /^\\/v[0-9]+/', 'code : [200 TO 299]', 'path : C:\\temp']);
    expect(readParts(text).map((part) => part.exact)).toEqual([false, false, false, true]);
  });

  it('keeps blanks, slashes and quotation marks within an expression, and paths apart', () => {
    const text = 'body:/^retry [0-9]+ of "\\/pay"/ (a:/b c/) url.path:/pay http.route:/a/b x:/ y:1';
    expect(read(text)).toEqual([
      'body : /^retry [0-9]+ of "\\/pay"/',
      'group (a:/b c/)',
      'url.path : /pay',
      'http.route : /a/b',
      'x : /',
      'y : 1',
    ]);
  });

  it('tells groups, what joins them, words and the making of groups', () => {
    expect(
      read('{ service:api } >> { service:db duration>1s } && NOT (a:1 OR "b)" ) timeout -"no such" | count'),
    ).toEqual([
      'group { service:api }',
      'joiner >>',
      'group { service:db duration>1s }',
      'joiner &&',
      'joiner NOT',
      'group (a:1 OR "b)" )',
      'word timeout',
      'word -"no such"',
      'pipeline | count',
    ]);
    expect(read('count({ a }) > 3 a || b')).toEqual(['group count({ a }) > 3', 'word a', 'joiner ||', 'word b']);
  });

  it('takes any text, and leaves nothing of it out', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[ab:"(){}|\\>/*-]{0,20}$/)), (text) => {
        let at = 0;
        for (const part of readParts(text)) {
          expect(text.slice(at, part.start).trim()).toBe('');
          expect(part.end).toBeGreaterThan(part.start);
          at = part.end;
        }
        expect(text.slice(at).trim()).toBe('');
      }),
    );
  });

  it('reads back what was written', () => {
    fc.assert(
      fc.property(key, value, fc.boolean(), (name, wanted, negated) => {
        const [part, ...more] = readParts(formatTerm(`x.${name}`, ':', wanted, negated));
        expect([part?.kind, part?.key, part?.value, part?.negated, part?.exact, more]).toEqual([
          'term',
          `x.${name}`,
          wanted,
          negated,
          true,
          [],
        ]);
      }),
    );
  });
});

describe('editing', () => {
  it('adds before the making of groups, and beside alternatives in parentheses', () => {
    expect([addTerm('', 'a:1'), addTerm('b:2 | count', 'a:1'), addTerm('b:2 OR c:3', 'a:1')]).toEqual([
      'a:1',
      'b:2 a:1 | count',
      '(b:2 OR c:3) a:1',
    ]);
    expect(splitPipeline('a:1 | group service | count')).toEqual({
      filter: 'a:1',
      pipeline: '| group service | count',
    });
  });

  it('removes a part with the word that joined it', () => {
    const removed = (text: string, part: string): string =>
      removePart(text, text.indexOf(part), text.indexOf(part) + part.length);
    expect([
      removed('a:1 b:2 c:3', 'b:2'),
      removed('a:1 OR b:2', 'b:2'),
      removed('a:1 OR b:2', 'a:1'),
      removed('NOT a:1 b:2', 'a:1'),
      removed('a:1 NOT b:2', 'a:1'),
      removed('{ a } >> { b }', '{ b }'),
    ]).toEqual(['a:1 c:3', 'a:1', 'b:2', 'b:2', 'NOT b:2', '{ a }']);
  });

  it('asks for a value, leaves it out, and takes it back', () => {
    const said = (text: string): unknown => chosen(readParts(text), 'service', 'a b');
    expect(['service:"a b"', '-svc:"a b"', 'service!="a b"', 'service:a', 'service:"a b*"'].map(said)).toEqual([
      'in',
      'out',
      'out',
      null,
      null,
    ]);
    fc.assert(
      fc.property(key, value, (name, wanted) => {
        const included = choose('status:ok', name, wanted, 'in');
        const excluded = choose(included, name, wanted, 'out');
        const back = [included, excluded].map((text) => chosen(readParts(text), name, wanted));
        expect([...back, choose(excluded, name, wanted, null)]).toEqual(['in', 'out', 'status:ok']);
      }),
    );
  });

  it('sets, replaces and removes a bound', () => {
    const text = 'duration>1s duration<2s';
    expect([
      setBound(text, 'duration', '<=', '3s'),
      setBound(text, 'duration', '>=', null),
      setBound('a:1', 'duration', '>=', '5ms'),
      boundOf(readParts(text), 'duration', '<'),
    ]).toEqual(['duration>1s duration<=3s', 'duration<2s', 'a:1 duration>=5ms', '2s']);
  });
});

describe('pastedId', () => {
  it('knows an id in its usual shapes', () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const span = '00f067aa0ba902b7';
    expect(
      [trace.toUpperCase(), `00-${trace}-${span}-01`, `trace_id=${trace}`, ` ${span} `, `${trace}0`, 'a'].map(pastedId),
    ).toEqual([{ trace, span: null }, { trace, span }, { trace, span: null }, { trace: null, span }, null, null]);
  });
});

describe('attributeTerm', () => {
  it('means the attribute, also where the language calls something else so', () => {
    expect([
      attributeTerm('http.route', '/pay'),
      attributeTerm('status', 'mine'),
      attributeTerm('event.name', 'x', true),
      attributeTerm('size', 1e300),
      attributeTerm('ok', true),
    ]).toEqual(['http.route:"/pay"', 'attribute.status:mine', '-attribute.event.name:x', 'size:1e300', 'ok:true']);
  });
});
