/** How the collector is: what arrives, what is refused and why, what waits, what it keeps. */
import { get } from './client';
import type { components } from './openapi';

type Schemas = components['schemas'];
export type CollectorHealth = Schemas['CollectorHealth'];
export type TraceHealth = Schemas['TraceHealth'];

export const fetchHealth = (minutes: number, signal?: AbortSignal): Promise<CollectorHealth> =>
  get('health', { minutes }, signal);

/** Whether the traces of the last minutes are whole, and whether the clocks in them agree. */
export const fetchTraceHealth = (minutes: number, signal?: AbortSignal): Promise<TraceHealth> =>
  get('health/traces', { minutes }, signal);
