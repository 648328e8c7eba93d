/** Groups of errors: exceptions of spans and log records, and what people have said of them. */
import { get, type Params, send } from './client';
import type { components } from './openapi';

type Schemas = components['schemas'];
export type ErrorList = Schemas['ErrorList'];
export type ErrorSummary = Schemas['ErrorSummary'];
export type ErrorGroup = Schemas['ErrorGroup'];
export type ErrorState = ErrorSummary['state'];
export type Frame = Schemas['Frame'];
export type Judgement = Schemas['StateWanted'];

export const fetchErrors = (params: Params, signal: AbortSignal): Promise<ErrorList> => get('errors', params, signal);

export const fetchError = (fingerprint: string, params: Params, signal: AbortSignal): Promise<ErrorGroup> =>
  get(`errors/${encodeURIComponent(fingerprint)}`, params, signal);

export const judgeError = (fingerprint: string, judgement: Judgement): Promise<ErrorGroup> =>
  send('PATCH', `errors/${encodeURIComponent(fingerprint)}`, judgement);
