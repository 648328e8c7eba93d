import { describe, expect, it } from 'vitest';
import { makeLog, makeTrace } from './testing';
import { toMarkdown } from './trace-markdown';
import { buildModel } from './trace-model';
import { visibleRows } from './tree-fold';

const spaced = (text: string): string => text.replaceAll('\u202f', ' ');

describe('a trace as Markdown', () => {
  it('says what its header says, where the time went, and what is shown', () => {
    const model = buildModel(
      makeTrace({
        name: 'GET /pay',
        service: 'api',
        duration: 100,
        critical: true,
        children: [{ service: 'db', name: 'SELECT', start: 50, duration: 50, error: true, critical: true }],
      }),
    );
    const rows = Int32Array.of(-1, ...visibleRows(model, new Uint8Array(2)), 2);
    const shown = { model, rows, logs: [makeLog(null, 10, 'declined')], logTimes: Float64Array.of(10e6) };
    expect(spaced(toMarkdown(shown, 'http://here/t/1', () => 'noon'))).toBe(`\
## api GET /pay: 100 ms, 1 error

Trace [00000000000000000000000000000001](<http://here/t/1>), started noon, 2 spans of 2 services, 0 log records.

| Service | Operation | Calls | Errors | On the critical path | Share |
|---|---|--:|--:|--:|--:|
| api | GET /pay | 1 | 0 | 50 ms | 50 % |
| db | SELECT | 1 | 1 | 50 ms | 50 % |

\`\`\`text
api: GET /pay       ████████████████████████████████ 100 ms
  ✗ db: SELECT      ················████████████████ 50 ms
    · info declined                                  at 10 ms
\`\`\`
`);
  });

  it('lets no text of telemetry out of its place', () => {
    const model = buildModel(makeTrace({ name: 'a|b`c\n```\n<b>', service: '[x](y)' }));
    const text = toMarkdown({ model, rows: Int32Array.of(0), logs: [], logTimes: new Float64Array() }, '', String);
    expect(text.split('```').length).toBe(3);
    expect(text.split('\n')[0]).toContain("\\[x\\](y) a\\|b'c");
    expect(text.split('\n').filter((line) => line.startsWith('| ') && line.includes('x')).length).toBe(1);
  });

  it('keeps its address together, whatever is in it', () => {
    const model = buildModel(makeTrace({}));
    const shown = { model, rows: Int32Array.of(0), logs: [], logTimes: new Float64Array() };
    const text = toMarkdown(shown, 'http://here/t/1?find=pay(>\\', String);
    expect(text).toContain('](<http://here/t/1?find=pay(%3E%5C>), started');
  });

  it('ends the rows where they are many, and says how many more there are', () => {
    const model = buildModel(makeTrace(...Array.from({ length: 130 }, () => ({}))));
    const rows = visibleRows(model, new Uint8Array(model.size));
    const text = toMarkdown({ model, rows, logs: [], logTimes: new Float64Array() }, '', String);
    expect(text).toContain('… 30 more rows');
  });
});
