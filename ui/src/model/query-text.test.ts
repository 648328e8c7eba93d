import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstValue, formatQuery, parseQuery, pastedTraceId, removePart, setTerm, toFilter } from './query-text';

const terms = (text: string): string[] =>
  parseQuery(text).terms.map(({ key, operator, value }) => `${key}|${operator}|${value}`);
const problems = (text: string): string[] => parseQuery(text).problems.map(({ message }) => message);

const key = fc.stringMatching(/^[a-z][a-z0-9._-]{0,12}$/).filter((text) => text !== 'duration');
const value = fc.string({ unit: 'binary' }).filter((text) => text !== '');

describe('parseQuery', () => {
  it('reads keys, operators and values, quoted or not', () => {
    expect(terms('service:checkout status:error duration>=1.5s http.route:"/pay now" op=GET')).toEqual([
      'service|:|checkout',
      'status|:|error',
      'duration|>=|1.5s',
      'http.route|:|/pay now',
      'operation|:|GET',
    ]);
  });

  it('keeps everything after the first colon in the value', () => {
    expect(terms('url.full:http://a:80/x?y=1 error:')).toEqual(['url.full|:|http://a:80/x?y=1']);
  });

  it('says in a sentence what cannot be searched', () => {
    expect(problems('timeout')).toEqual(['timeout stands alone: write key:value, such as operation:timeout.']);
    expect(problems('status:broken')).toEqual(['status is ok, error or unset.']);
    expect(problems('duration>500')).toEqual(['A duration has a unit: 20us, 500ms, 1.5s, 2m.']);
    expect(problems('duration:500ms')).toEqual(['Compare duration with > or <, such as duration>500ms.']);
    expect(problems('service:a service:b')).toEqual([
      'service can be given once; all terms have to hold for the same span.',
    ]);
    expect(problems('retries>3')).toEqual(['> works on duration only; other keys are compared with key:value.']);
    expect(problems('-service:a')).toEqual(['Excluding (-key:value) cannot be searched yet.']);
    expect(problems('http.route:/a*')).toEqual(['Patterns with * cannot be searched yet: give the whole value.']);
    expect(problems('service:')).toEqual(['service: needs a value.']);
  });

  it('takes any text without failing and accounts for every word of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const query = parseQuery(text);
        for (const part of [...query.terms, ...query.problems]) {
          expect(part.start).toBeGreaterThanOrEqual(0);
          expect(part.end).toBeGreaterThan(part.start);
          expect(part.end).toBeLessThanOrEqual(text.length);
        }
        if (text.trim() !== '') expect(query.terms.length + query.problems.length).toBeGreaterThan(0);
      }),
    );
  });

  it('reads back what it has written', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ key, operator: fc.constant(':' as const), value })), (list) => {
        const read = parseQuery(formatQuery(list)).terms.map(({ key, operator, value }) => ({ key, operator, value }));
        const canonical = list.map((term) => ({
          ...term,
          key: { name: 'operation', op: 'operation', svc: 'service' }[term.key] ?? term.key,
        }));
        expect(read).toEqual(canonical);
      }),
    );
  });
});

describe('editing a term', () => {
  it('replaces it where it stands, adds it at the end, or takes it out', () => {
    const text = 'service:a  status:error';
    expect([
      setTerm(text, 'service', ':', 'b c'),
      setTerm(text, 'operation', ':', 'GET'),
      setTerm(text, 'service', ':', null),
      setTerm('duration>1s duration<2s', 'duration', '<=', '3s'),
      setTerm('', 'status', ':', 'ok'),
    ]).toEqual([
      'service:"b c"  status:error',
      'service:a  status:error operation:GET',
      'status:error',
      'duration>1s duration<=3s',
      'status:ok',
    ]);
  });

  it('removes a part and closes the gap', () => {
    expect(removePart('a:1 b:2 c:3', 4, 7)).toBe('a:1 c:3');
  });

  it('finds the value that was set', () => {
    fc.assert(
      fc.property(key, value, (name, wanted) => {
        const canonical = parseQuery(setTerm('', name, ':', 'x')).terms[0]!.key;
        expect(firstValue(parseQuery(setTerm('status:ok', canonical, ':', wanted)), canonical)).toBe(wanted);
      }),
    );
  });
});

describe('toFilter', () => {
  it('makes parameters of terms; > and < leave the value itself out', () => {
    const { terms: list } = parseQuery('svc:a name:"GET /" status:error duration>1us duration<=2ms k:v k2:a=b');
    expect(toFilter(list)).toEqual({
      service: 'a',
      operation: 'GET /',
      status: 'error',
      min_duration: '1001',
      max_duration: '2000000',
      attribute: ['k=v', 'k2=a=b'],
    });
  });
});

describe('pastedTraceId', () => {
  it('knows an id in its usual shapes', () => {
    const id = '4bf92f3577b34da6a3ce929d0e0e4736';
    expect(
      [id, ` ${id.toUpperCase()} `, `00-${id}-00f067aa0ba902b7-01`, `trace_id=${id}`, `${id}0`, 'service:a'].map(
        pastedTraceId,
      ),
    ).toEqual([id, id, id, id, null, null]);
  });
});
