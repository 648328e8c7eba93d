import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operationPath, pagePath, parseRoute, servicePath, settingsPath, tracePath, withQuery } from './url';

const route = (path: string, base = '/'): string => {
  const { name, id } = parseRoute(path, '', base);
  return id ? `${name} ${id}` : name;
};

describe('routes', () => {
  it('are told by their path, under any prefix', () => {
    expect(
      ['/', '/traces', '/traces/', '/t/ABC', '/start', '/nowhere', '/t', '/t/a/b', '/t/%'].map((path) => route(path)),
    ).toEqual(['home', 'traces', 'traces', 'trace abc', 'start', 'unknown', 'unknown', 'unknown', 'trace %']);
    expect([route('/spans/t/abc', '/spans/'), route('/spans/', '/spans/')]).toEqual(['trace abc', 'home']);
    expect(
      ['/services/Shop%2FCart', '/settings', '/settings/keys', '/map', '/map/a', '/services'].map((path) =>
        route(path),
      ),
    ).toEqual(['service Shop/Cart', 'settings', 'settings keys', 'map', 'unknown', 'unknown']);
  });

  it('lead back to what they were written for, whatever a service is called', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (name) => {
        fc.pre(name !== '.' && name !== '..');
        const path = new URL(servicePath(name, { from: 'now-1h' }), 'http://collector/').pathname;
        expect(parseRoute(path, '', '/')).toMatchObject({ name: 'service', id: name });
      }),
    );
    expect(settingsPath('keys')).toBe('settings/keys');
    const operation = new URL(operationPath('a/b', 'GET /pay?x=1&y'), 'http://collector/');
    const found = parseRoute(operation.pathname, operation.search, '/');
    expect([found.name, found.id, found.query.get('op')]).toEqual(['operation', 'a/b', 'GET /pay?x=1&y']);
  });

  it('take words that every object of the language has for what they are: no page', () => {
    const words = ['constructor', '__proto__', 'toString', 'settings/constructor/', 'hasOwnProperty/a'];
    expect(words.map((word) => parseRoute(`/${word}`, '', '/').name)).toEqual([
      'unknown',
      'unknown',
      'unknown',
      'settings',
      'unknown',
    ]);
  });

  it('are written readable and without a leading slash', () => {
    expect([
      pagePath('traces', { q: 'service:a http.route:/pay' }),
      tracePath('ab', { zoom: '1,2', sel: null }),
    ]).toEqual(['traces?q=service:a+http.route:/pay', 't/ab?zoom=1,2']);
  });

  it('keep keys they do not know, and every value survives', () => {
    expect(withQuery(new URLSearchParams('x=1&q=a'), { q: null, sel: 'b' })).toBe('?x=1&sel=b');
    fc.assert(
      fc.property(fc.string(), (value) => {
        fc.pre(value !== '' && value.isWellFormed());
        expect(new URLSearchParams(withQuery(new URLSearchParams(), { q: value })).get('q')).toBe(value);
      }),
    );
  });
});
