/** How the collector is: what arrives, what is refused and why, what waits, what it keeps. */
import { get } from './client';
import type { components } from './openapi';

type Schemas = components['schemas'];
export type CollectorHealth = Schemas['CollectorHealth'];

export const fetchHealth = (minutes: number, signal?: AbortSignal): Promise<CollectorHealth> =>
  get('health', { minutes }, signal);
