import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curlOf } from './curl';

describe('curlOf', () => {
  it('says method, headers and address of a request', () => {
    const attributes = {
      'http.request.method': 'POST',
      'url.full': 'http://pay:80/charges?card=1&x=y',
      'http.request.header.accept': ['text/html', "it's"],
    };
    expect(curlOf({ kind: 'client', attributes })).toBe(
      "curl -X POST -H 'accept: text/html' -H 'accept: it'\\''s' 'http://pay:80/charges?card=1&x=y'",
    );
  });

  it('says nothing of spans that sent no request by HTTP', () => {
    const url = { 'url.full': 'http://pay/' };
    expect(curlOf({ kind: 'server', attributes: url })).toBe(null);
    expect(curlOf({ kind: 'client', attributes: { 'url.full': 'ftp://pay/' } })).toBe(null);
    expect(curlOf({ kind: 'client', attributes: {} })).toBe(null);
  });

  it('makes one word of an address for a shell, whatever it holds', () => {
    const texts = fc.array(
      fc.string().filter((text) => !text.includes('\0')),
      { minLength: 20, maxLength: 20 },
    );
    fc.assert(
      fc.property(texts, (paths) => {
        const urls = paths.map((path) => `http://a/${path}`);
        const words = urls
          .map((url) => curlOf({ kind: 'client', attributes: { 'url.full': url } })!.slice(5))
          .join(' ');
        const read = execFileSync('sh', ['-c', `printf '%s\\0' ${words}`]).toString();
        expect(read.split('\0').slice(0, -1)).toEqual(urls);
      }),
      { numRuns: 20 },
    );
  });
});
