import { describe, expect, it } from 'vitest';
import type { FoundSpan } from '../api/types';
import { incomingParams, readIncoming } from './incoming-links';
import { EPOCH, MS, makeTrace } from './testing';
import { buildModel } from './trace-model';

const model = buildModel(makeTrace({ duration: 50, children: [{}] }));
const { trace_id } = model.facts;
const id = (number: number): string => number.toString(16).padStart(16, '0');

function linking(name: string, start: number, ...to: [trace: string, span: string][]): FoundSpan {
  const links = to.map(([trace, span_id]) => ({ trace_id: trace, span_id }));
  return { name, start_time_unix_nano: EPOCH + start * MS, links } as FoundSpan;
}

const names = ({ spans }: ReturnType<typeof readIncoming>) =>
  Object.fromEntries([...spans].map(([row, some]) => [row, some.map(({ name }) => name)]));

describe('links to a trace', () => {
  it('are looked for until a day after it', () => {
    expect(incomingParams(model.facts)).toEqual({
      q: `link.trace_id:${trace_id}`,
      start: EPOCH - 60e9,
      end: EPOCH + 50e6 + 86_400e9,
      limit: 200,
    });
  });

  it('belong to the span that they name, and else to the first', () => {
    const late = linking('late', 9, [trace_id, id(2)], [trace_id, id(2)], ['f'.repeat(32), id(1)]);
    const early = linking('early', 1, [trace_id, id(2)], [trace_id, id(1)]);
    const vague = linking('vague', 5, [trace_id, id(77)]);
    const found = readIncoming(model, { spans: [late, vague, early], reason: 'end' });
    expect([names(found), found.cut]).toEqual([{ 0: ['early', 'vague'], 1: ['early', 'late'] }, false]);
    expect(readIncoming(model, { spans: [], reason: 'limit' }).cut).toBe(true);
  });
});
