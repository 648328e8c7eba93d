import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeTrace } from '../../model/testing';
import { buildModel } from '../../model/trace-model';
import { IncomingLinks } from './incoming-links.svelte';

const trace = buildModel(makeTrace({ duration: 9 }));

beforeEach(() => {
  vi.stubGlobal('document', { baseURI: 'http://here/' });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the search for links to a trace', () => {
  it('is one request, however often spans are selected', async () => {
    const fetched = vi.fn(async () => Response.json({ spans: [], reason: 'end' }));
    vi.stubGlobal('fetch', fetched);
    const incoming = new IncomingLinks();
    for (let selected = 0; selected < 3; selected++) {
      incoming.look(trace);
      await vi.waitFor(() => expect(incoming.answer.loading).toBe(false));
    }
    expect([fetched.mock.calls.length, incoming.answer.data?.spans]).toEqual([1, []]);
  });

  it('is aborted when the page is left, and is no failure then', async () => {
    const signals: AbortSignal[] = [];
    const waiting = (_: unknown, init?: RequestInit): Promise<Response> =>
      new Promise((_resolve, reject) => {
        signals.push(init!.signal!);
        init!.signal!.addEventListener('abort', () => reject(new Error('aborted')));
      });
    vi.stubGlobal('fetch', waiting);
    const incoming = new IncomingLinks();
    incoming.look(trace);
    await vi.waitFor(() => expect(signals.length).toBe(1));
    incoming.stop();
    await vi.waitFor(() => expect(signals[0]!.aborted).toBe(true));
    expect([incoming.answer.error, incoming.answer.loading]).toEqual([null, false]);
  });
});
