import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { linkedIds, readLinks } from '../../model/span-arrows';
import { makeTrace } from '../../model/testing';
import { buildModel, FLAG, spanId, type TraceModel } from '../../model/trace-model';
import { AskedSpans } from './asked-spans.svelte';

/** Two spans, the second of which has a link to the first. */
function linkedTrace(): TraceModel {
  const model = buildModel(makeTrace({ duration: 9, children: [{ duration: 1 }] }));
  model.flags[1]! |= FLAG.hasLinks;
  return model;
}

function answer(model: TraceModel): Response {
  const { trace_id } = model.facts;
  const links = [{ trace_id, span_id: spanId(model, 0), attributes: {} }];
  return Response.json({ spans: [{ trace_id, span_id: spanId(model, 1), links }] });
}

beforeEach(() => {
  vi.stubGlobal('document', { baseURI: 'http://here/' });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('links of a trace', () => {
  it('are not those of the trace before, whose rows were others', async () => {
    const linked = new AskedSpans(linkedIds, readLinks);
    const [first, second] = [linkedTrace(), linkedTrace()];
    vi.stubGlobal('fetch', async () => answer(first));
    await linked.look(first);
    expect([...linked.told!.within.keys()].sort()).toEqual([0, 1]);
    vi.stubGlobal('fetch', () => new Promise(() => undefined));
    void linked.look(second);
    expect(linked.told).toBeNull();
  });

  it('are asked again where asking was stopped or failed, and not where it was answered', async () => {
    const linked = new AskedSpans(linkedIds, readLinks);
    const model = linkedTrace();
    const fetched = vi.fn(
      (_: unknown, init?: RequestInit) =>
        new Promise<Response>((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(new Error()))),
    );
    vi.stubGlobal('fetch', fetched);
    const stopped = linked.look(model);
    linked.stop();
    vi.stubGlobal('fetch', async () => Response.json({ detail: 'no' }, { status: 503 }));
    await Promise.all([stopped, linked.look(model)]);
    expect([fetched.mock.calls.length, linked.told]).toEqual([1, null]);
    const answered = vi.fn(async () => answer(model));
    vi.stubGlobal('fetch', answered);
    await linked.look(model);
    await linked.look(model);
    linked.stop();
    await linked.look(model);
    expect([answered.mock.calls.length, linked.told?.within.size]).toEqual([1, 2]);
  });
});
