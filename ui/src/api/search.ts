/** What the pages that search ask: spans, groups, facets, histograms, completions, patterns, saved views, the tail. */
import { address, exactly, get, type Params, send } from './client';
import type {
  AggregateAnswer,
  FacetList,
  Histogram,
  KeptLink,
  LinkedQuery,
  PatternDetail,
  PatternList,
  SpanList,
  SuggestAnswer,
  View,
  ViewList,
} from './types';

export const fetchFoundSpans = (params: Params, signal?: AbortSignal): Promise<SpanList> =>
  get('spans', params, signal, exactly);
export const fetchGroups = (params: Params, signal?: AbortSignal): Promise<AggregateAnswer> =>
  get('aggregate', params, signal);
export const fetchFacets = (params: Params, signal?: AbortSignal): Promise<FacetList> => get('facets', params, signal);
export const fetchHistogram = (params: Params, signal?: AbortSignal): Promise<Histogram> =>
  get('histogram', params, signal);
export const fetchSuggestions = (params: Params, signal?: AbortSignal): Promise<SuggestAnswer> =>
  get('suggest', params, signal);
export const fetchPatterns = (params: Params, signal?: AbortSignal): Promise<PatternList> =>
  get('patterns', params, signal);
export const fetchPattern = (id: string, params: Params, signal?: AbortSignal): Promise<PatternDetail> =>
  get(`patterns/${encodeURIComponent(id)}`, params, signal);

export const fetchViews = (signal?: AbortSignal): Promise<ViewList> => get('views', {}, signal);
export const saveView = (screen: 'traces' | 'logs', name: string, query: string): Promise<View> =>
  send('POST', 'views', { screen, name, query });
/** Keeps what stands after `?` in an address, and finds it again by the name that it was given. */
export const keepLink = (query: string, signal: AbortSignal): Promise<KeptLink> =>
  send('POST', 'links', { query }, signal);
export const fetchLink = (hash: string, signal: AbortSignal): Promise<LinkedQuery> =>
  get(`links/${encodeURIComponent(hash)}`, {}, signal);
export const deleteView = (id: number): Promise<undefined> => send('DELETE', `views/${id}`);

/** What arrives from now on, as it arrives. The browser connects again by itself, and says how far it had come. */
export const openTail = (params: Params): EventSource => new EventSource(address('api/v1/tail', params));
