/** What is broken right now, as the collector's own looks have found it. */
import { get, type Params, send } from './client';
import type { components } from './openapi';

type Schemas = components['schemas'];
export type Problem = Schemas['Problem'];
export type ProblemList = Schemas['ProblemList'];
export type LastLook = Schemas['LastLook'];

export const fetchProblems = (params: Params, signal: AbortSignal): Promise<ProblemList> =>
  get('problems', params, signal);

/** It stays in the list, and says that it is muted. */
export const muteProblem = (id: number, muted: boolean, note: string): Promise<Problem> =>
  send('POST', `problems/${id}/mute`, { muted, note });
