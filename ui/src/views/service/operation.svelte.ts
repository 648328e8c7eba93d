/** Everything that the page of one operation asks for, each part by itself. */
import { fetchLogs } from '../../api/client';
import { type Comparison, fetchComparison } from '../../api/comparison';
import { fetchFoundSpans, fetchGroups } from '../../api/search';
import {
  type DeployList,
  fetchDeploys,
  fetchMap,
  fetchOperations,
  type OperationList,
  type Point,
  type ServiceMap,
} from '../../api/topology';
import type { FoundSpan, LogList, SpanList } from '../../api/types';
import { distinct, operationTerms, pointsOf, seriesQueries, stepsFor, tracesTerm } from '../../model/operation-page';
import { type ApiParams, rangeParams } from '../../model/search-params';
import type { Steps } from '../../model/series';
import { bounds } from '../../model/service-rows';
import type { TimeRange } from '../../model/time-range';
import { Resource } from '../../widgets/resource.svelte';
import { fetchSlowest } from './slowest';

const DAY = 86_400_000;
/** Charts of all time are of so long. */
const MOST_CHARTED = 7 * DAY;
const SHOWN = 10;
const LINES = 20;
/** What one request takes. */
const OPERATIONS = 10_000;

export interface Charted {
  readonly steps: Steps;
  readonly points: readonly Point[];
}

const iso = (ms: number): string => new Date(ms).toISOString();

export class OperationData {
  readonly now = new Resource<OperationList>();
  readonly dayBefore = new Resource<OperationList>();
  readonly series = new Resource<Charted>();
  readonly slow = new Resource<FoundSpan[]>();
  readonly failed = new Resource<SpanList>();
  readonly newest = new Resource<SpanList>();
  readonly map = new Resource<ServiceMap>();
  readonly calls = new Resource<Comparison>();
  readonly deploys = new Resource<DeployList>();
  readonly logs = new Resource<LogList>();
  readonly all = [
    this.now,
    this.dayBefore,
    this.series,
    this.slow,
    this.failed,
    this.newest,
    this.map,
    this.calls,
    this.deploys,
    this.logs,
  ];

  load(service: string, operation: string, range: TimeRange): void {
    const terms = operationTerms(service, operation);
    const params = rangeParams(range);
    const within = bounds(range, Date.now());
    const end = within?.to ?? Date.now();
    const charted = within ?? { from: end - MOST_CHARTED, to: end };
    void this.now.load((signal) => fetchOperations({ ...params, service, limit: OPERATIONS }, signal));
    if (within) {
      const before = { start: iso(within.from - DAY), end: iso(within.to - DAY) };
      void this.dayBefore.load((signal) => fetchOperations({ ...before, service, limit: OPERATIONS }, signal));
    } else this.dayBefore.set(null);
    void this.series.load((signal) => chart(terms, charted, signal));
    void this.newest.load((signal) => fetchFoundSpans({ ...params, limit: SHOWN, q: terms }, signal));
    void this.map.load((signal) => fetchMap({ ...params, q: terms }, signal));
    void this.calls.load((signal) =>
      fetchComparison({ ...params, service, operation, split: 'slow', limit: 1 }, signal),
    );
    void this.deploys.load((signal) => fetchDeploys({ ...params, service }, signal));
    void this.#found(params, terms);
  }

  /** Log records are of the traces that are shown: a record does not say its operation. */
  async #found(params: ApiParams, terms: string): Promise<void> {
    await Promise.all([
      this.slow.load((signal) => fetchSlowest(terms, params, SHOWN, signal)),
      this.failed.load((signal) => fetchFoundSpans({ ...params, limit: SHOWN, q: `${terms} failed:true` }, signal)),
    ]);
    const spans = distinct(this.failed.data?.spans ?? [], this.slow.data ?? []);
    if (spans.length === 0) this.logs.set(null);
    else await this.logs.load((signal) => fetchLogs({ q: tracesTerm(spans), limit: LINES, start: '0' }, signal));
  }

  watch(): () => void {
    const offs = this.all.map((resource) => resource.retryWhenBack());
    return () => {
      for (const off of offs) off();
      for (const resource of this.all) resource.stop();
    };
  }
}

async function chart(terms: string, range: { from: number; to: number }, signal: AbortSignal): Promise<Charted> {
  const steps = stepsFor(range);
  const queries = seriesQueries(terms, steps);
  const params = { start: iso(range.from), end: iso(range.to) };
  const [all, failed] = await Promise.all([
    fetchGroups({ ...params, q: queries.all }, signal),
    fetchGroups({ ...params, q: queries.failed }, signal),
  ]);
  return { steps, points: pointsOf(all, failed) };
}
