/** What is different between two sets of spans. */
import { get, type Params } from './client';
import type { components } from './openapi';

type Schemas = components['schemas'];
export type Comparison = Schemas['Comparison'];
export type ComparedSet = Schemas['ComparedSet'];
export type CallPlace = Schemas['CallPlace'];
export type PlaceFigures = Schemas['PlaceFigures'];
export type SeparatingKey = Schemas['SeparatingKey'];

export const fetchComparison = (params: Params, signal: AbortSignal): Promise<Comparison> =>
  get('compare', params, signal);
