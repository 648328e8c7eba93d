import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { corrected, laterBy, shifts } from './corrected-clocks';
import { MS, makeTrace, type Sketch } from './testing';
import { buildModel, childCover, pathSections, type TraceModel } from './trace-model';

/** A trace whose services are hosts of their own, with what is to be added to their times. */
function skewed(corrections: Record<string, number>, ...roots: Sketch[]): TraceModel {
  const model = buildModel(makeTrace(...roots));
  const clocks = Object.entries(corrections).map(([host, ms]) => ({
    ...{ host, correction: ms * MS, uncertainty: null, against: null, calls: 1, evidence: null },
    ...{ services: [host], span_count: 1 },
  }));
  const texts = { ...model.facts.texts, host: model.services };
  return { ...model, host: model.service, facts: { ...model.facts, texts, clocks } };
}

const DRAWN: Sketch = {
  start: 30,
  duration: 50,
  critical: true,
  children: [
    { service: 'db', start: 10, duration: 20, critical: true, events: [12] },
    { start: 32, duration: 4 },
  ],
};

describe('corrected clocks', () => {
  it('move what each host sent, and count from the earliest of it', () => {
    const sent = skewed({ db: 35 }, DRAWN);
    const model = corrected(sent);
    expect({
      start: [...model.start].map((time) => time / MS),
      events: [...model.eventTime].map((time) => time / MS),
      bounds: model.bounds.end / MS,
      duration: model.facts.duration / MS,
      began: Math.round((model.facts.start_time_unix_nano - sent.facts.start_time_unix_nano) / MS),
      later: [laterBy(sent.facts, model.facts), laterBy(model.facts, sent.facts)].map((ns) => ns / MS),
      path: [0, 1].map((row) => [...pathSections(model, row)].map((time) => time / MS)),
      cover: [...childCover(model, 0)].map((time) => time / MS),
      figures: [model.self, model.critical, model.duration],
    }).toEqual({
      start: [0, 15, 2],
      events: [17],
      bounds: 50,
      duration: 50,
      began: 30,
      later: [30, -30],
      path: [
        [0, 15, 35, 50],
        [15, 35],
      ],
      // Out of their order now, and still merged.
      cover: [2, 6, 15, 35],
      figures: [sent.self, sent.critical, sent.duration],
    });
  });

  it('leave a trace whose clocks agree as it is, and never touch the one that they were given', () => {
    const agreed = skewed({ db: 0 }, DRAWN);
    expect([shifts(agreed), corrected(agreed)]).toEqual([null, agreed]);
    const sent = skewed({ db: 35 }, DRAWN);
    const before = structuredClone(sent);
    corrected(sent);
    expect(sent).toEqual(before);
  });

  it('keep what lies between the spans of one host', () => {
    const child = fc.record({ service: fc.constantFrom('api', 'db'), start: fc.nat(500), duration: fc.nat(500) });
    const trees = fc.array(child, { maxLength: 12 });
    fc.assert(
      fc.property(trees, fc.integer({ min: -900, max: 900 }), (children, by) => {
        const sent = skewed({ db: by }, { start: 100, duration: 300, children });
        const model = corrected(sent);
        const shift = [...model.start].map((time, row) => Math.round(time - sent.start[row]!));
        const [api] = shift;
        expect(shift).toEqual([...model.service].map((at) => api! + (sent.services[at] === 'db' ? by * MS : 0)));
        expect([...model.start].every((time) => time >= 0)).toBe(true);
        const ends = [...model.start].map((time, row) => time + model.duration[row]!);
        expect(Math.max(...ends)).toBeLessThanOrEqual(model.bounds.end);
      }),
    );
  });
});
