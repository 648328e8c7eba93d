import { describe, expect, it } from 'vitest';
import { makeLog, makeTrace } from './testing';
import { aroundTrace, findLog, formatFold, logName, logsByRow, parseFold } from './trace-address';
import { buildModel } from './trace-model';

const model = buildModel(makeTrace({ children: [{ children: [{}] }, { children: [{}, {}] }] }));
const id = (number: number): string => number.toString(16).padStart(16, '0');

describe('the fold in the address', () => {
  it('is a level where it is one, and ids where not', () => {
    const none = new Uint8Array(model.size);
    const second = parseFold(model, id(2));
    expect([
      formatFold(model, none),
      formatFold(model, parseFold(model, 'level:1')),
      formatFold(model, second),
    ]).toEqual([null, 'level:1', id(2)]);
  });

  it('is a level below a lost parent too', () => {
    const lost = buildModel(makeTrace({ missing: true, children: [{ children: [{}] }] }));
    expect([...parseFold(lost, 'level:1')]).toEqual([0, 1, 0]);
    expect(formatFold(lost, parseFold(lost, 'level:1'))).toBe('level:1');
  });

  it('leaves out ids that are unknown or have nothing to fold', () => {
    expect([...parseFold(model, `${id(4)},nonsense,${id(3)}`)]).toEqual([0, 0, 0, 1, 0, 0]);
  });
});

describe('a log record in the address', () => {
  const logs = [makeLog(id(1), 1, 'a'), makeLog(id(2), 2, 'b'), makeLog(null, 2, 'c'), makeLog(id(3), 3)];

  it('is named by its time and found again', () => {
    expect(logs.map((_, index) => findLog(logs, logName(logs, index)))).toEqual([0, 1, 2, 3]);
    expect([findLog(logs, null), findLog(logs, '17'), findLog(logs, `${logs[0]!.time_unix_nano}.9`)]).toEqual([
      -1, -1, -1,
    ]);
  });

  it('belongs to the row of its span', () => {
    expect(Object.fromEntries(logsByRow(model, logs))).toEqual({ 0: [0], 1: [1], 2: [3] });
  });
});

it('leads to how things were in the hour around a trace', () => {
  const facts = { ...model.facts, end_time_unix_nano: model.facts.start_time_unix_nano + 60e9 };
  expect(aroundTrace(facts)).toEqual({ from: '2023-11-14T21:43:20.000Z', to: '2023-11-14T22:44:20.000Z' });
});
