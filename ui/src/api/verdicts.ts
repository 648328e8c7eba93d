/** What the collector blames: for one trace, and for a window of time. */
import { get, type Params } from './client';
import type { components } from './openapi';

type Schemas = components['schemas'];
export type TraceVerdict = Schemas['TraceVerdict'];
export type TraceFinding = Schemas['TraceFinding'];
export type FindingEvidence = Schemas['FindingEvidence'];
export type WindowVerdict = Schemas['WindowVerdict'];
export type WindowCulprit = Schemas['WindowCulprit'];
export type WindowRank = Schemas['WindowRank'];

export const fetchTraceVerdict = (id: string, signal: AbortSignal): Promise<TraceVerdict> =>
  get(`traces/${encodeURIComponent(id)}/diagnosis`, {}, signal);

export const fetchWindowVerdict = (params: Params, signal: AbortSignal): Promise<WindowVerdict> =>
  get('diagnosis', params, signal);
