import { describe, expect, it } from 'vitest';
import type { TraceFinding, TraceVerdict, WindowVerdict } from '../api/verdicts';
import { confidence, deviationText, shareText, traceMarkdown, windowMarkdown } from './verdict-text';

const FINDING: TraceFinding = {
  rank: 1,
  rule: 'slow',
  claim: 'SELECT prices took 812 ms, usually 40 ms.',
  culprit: { service: 'catalog', operation: 'SELECT prices', instance: 'host-2', span_ids: ['ab'] },
  share: 0.63,
  share_of: 'critical path',
  deviation: { value: 812e6, usual: 40e6, spreads: 6.1, n: 240 },
  evidence: [
    { kind: 'span', trace_id: 'cd', span_id: 'ab', text: '812 ms by itself', time_unix_nano: null },
    { kind: 'log', trace_id: 'cd', span_id: '', text: 'no index', time_unix_nano: 7 },
  ],
  against: ['Two others were as slow.'],
  next: ['The plan of the statement.'],
  usual: false,
};
const VERDICT: TraceVerdict = {
  trace_id: 'cd',
  verdict: 'findings',
  summary: FINDING.claim,
  findings: [FINDING, { ...FINDING, rank: 2 }],
  shown: 1,
  checked: {
    rules: ['error', 'slow'],
    span_count: 12,
    history_traces: 240,
    history_start_time_unix_nano: 1,
    history_end_time_unix_nano: 2,
    enough_history: true,
    thresholds: {},
  },
};
const DEPLOY = {
  kind: 'deploy' as const,
  key: 'service.version',
  value: '1.9',
  since_unix_nano: 4,
  deploy_id: 2,
  evidence: null,
};
const EVIDENCE = { service: 'catalog', instance: 'catalog-1', operation: 'GET' };
const when = (nano: number): string => `t${nano}`;

describe('a trace as Markdown', () => {
  it('holds the claims worth showing with their figures, evidence, doubts and next steps, and what was checked', () => {
    expect(traceMarkdown(VERDICT, 'http://c/t/cd', when).split('\n')).toEqual([
      '**SELECT prices took 812 ms, usually 40 ms.**',
      'Trace [cd](http://c/t/cd)',
      '',
      '1. catalog · SELECT prices on host-2: SELECT prices took 812 ms, usually 40 ms.',
      '   - 63 % of the critical path; 812 ms, usually 40 ms (6.1 spreads off, by 240 spans)',
      '   - evidence: 812 ms by itself (span ab)',
      '   - evidence: no index (log)',
      '   - against it: Two others were as slow.',
      '   - look at: The plan of the statement.',
      '',
      'Checked: 12 spans by 2 rules, against 240 traces of the same root from t1 to t2.',
      '',
    ]);
  });

  it('says of a share how many normal spans do the same, and nothing of what was not compared', () => {
    expect([
      deviationText({ ...FINDING, deviation: { value: 1, usual: 0.02, spreads: 0, n: 50 } }),
      deviationText({ ...FINDING, deviation: null }),
      shareText({ ...FINDING, share: 0 }),
    ]).toEqual(['2.0 % of 50 normal spans do the same', '', '']);
  });
});

describe('a window as Markdown', () => {
  it('holds every culprit with its further signs', () => {
    const verdict: WindowVerdict = {
      verdict: 'culprit',
      summary: 'catalog is slow.',
      traffic: [],
      services: [],
      instances: [],
      operations: [],
      culprits: [
        {
          rank: 1,
          service: 'catalog',
          instance: 'catalog-1',
          operation: 'GET /products',
          kind: 'slow',
          score: 0.8,
          notable: true,
          claim: 'It takes 2 s. Tenants have acme.',
          claims: ['It takes 2 s.', 'It calls more.'],
          since: 5,
          since_unix_nano: 5,
          coincides: [
            { ...DEPLOY, sentence: '1.9 was deployed.' },
            { ...DEPLOY, kind: 'attribute', key: 'tenant', value: 'acme', sentence: 'Tenants have acme.' },
          ],
          evidence: [
            { ...EVIDENCE, kind: 'span', trace_id: 'cd', span_id: 'ab', text: '', time_unix_nano: null },
            { ...EVIDENCE, kind: 'log', trace_id: '', span_id: '', text: 'no index', time_unix_nano: 4 },
          ],
        },
      ],
      checked: {
        window: { start_time_unix_nano: 3, end_time_unix_nano: 4, trace_count: 10, span_count: 100, record_count: 5 },
        baseline: { start_time_unix_nano: 1, end_time_unix_nano: 2, trace_count: 1, span_count: 10, record_count: 5 },
        baseline_source: 'before',
        operations: 7,
        edges: 3,
        instances: 2,
        rules: ['errors'],
        unknown_operations: 0,
        complete: true,
        sample: 1,
        templates: 2,
        thresholds: {},
      },
    };
    expect(windowMarkdown(verdict, 'http://c/diagnosis', when).split('\n')).toEqual([
      '**catalog is slow.**',
      '[t3 to t4](http://c/diagnosis)',
      '',
      '1. catalog · GET /products on catalog-1 (slow, sure): It takes 2 s. Tenants have acme.',
      '   - also: It calls more.',
      '   - coincides: 1.9 was deployed.',
      '   - evidence: trace cd, span ab',
      '   - evidence: log record "no index"',
      '',
      'Checked: 7 operations, 3 edges and 2 instances of 10 traces, against 1 trace from t1 to t2.',
      '',
    ]);
  });
});

describe('confidence', () => {
  it('is a word for a score', () => {
    expect([0.75, 0.5, 0.49, 0.1].map((score) => confidence({ score, notable: true }))).toEqual([
      'sure',
      'likely',
      'possible',
      'possible',
    ]);
    expect(confidence({ score: 0.8, notable: false })).toBe('not unusual');
  });
});
