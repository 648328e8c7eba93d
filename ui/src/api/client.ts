/** The only place that fetches. Paths are relative to <base>, so a path prefix works by itself. */
import { readExactly } from './exact';
import type { ColourList, ErrorBody, LogList, ServiceList, Session, SpanDetail, Status, TraceList } from './types';

/** The collector answered, and said no. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId: string | null = null,
    /** What the answer says beside its sentence: the parameter, the place in the query, what was probably meant. */
    readonly detail: Partial<ErrorBody['error']> = {},
  ) {
    super(message);
  }
}

/** No answer at all: the collector is stopped, restarting or out of reach. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

export type Params = Record<string, string | number | null | undefined | readonly string[]>;

type Listener = (reachable: boolean) => void;
const listeners = new Set<Listener>();

/** Told of every answer and every missing answer; returns its own removal. */
export function onReachable(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(reachable: boolean): void {
  for (const listener of listeners) listener(reachable);
}

const lockedListeners = new Set<() => void>();

/** Told of every answer that asks for a key; returns its own removal. */
export function onLocked(listener: () => void): () => void {
  lockedListeners.add(listener);
  return () => lockedListeners.delete(listener);
}

/** A proxy may ask for something else with the same status. */
function asksForKey(response: Response): boolean {
  return response.status === 401 && (response.headers.get('www-authenticate')?.includes('realm="spanwise"') ?? false);
}

export function address(path: string, params: Params = {}): string {
  const url = new URL(path, document.baseURI);
  for (const [key, value] of Object.entries(params)) {
    if (value === null || value === undefined || value === '') continue;
    for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(key, String(one));
  }
  return url.href;
}

async function request(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    tell(false);
    throw new Unreachable('The collector does not answer.', { cause: error });
  }
  // 502 to 504 without a body of ours come from a proxy whose collector is gone.
  const ours = response.headers.get('content-type')?.includes('json') ?? false;
  if (response.status >= 502 && !ours) {
    tell(false);
    throw new Unreachable(`The collector does not answer (${response.status}).`);
  }
  tell(true);
  if (asksForKey(response)) for (const listener of lockedListeners) listener();
  return response;
}

/** How the paths of OTLP say no. */
interface OtlpStatus {
  code: number;
  message: string;
}

async function failure(response: Response): Promise<ApiError> {
  const requestId = response.headers.get('x-request-id');
  try {
    const body = (await response.json()) as ErrorBody | OtlpStatus;
    if (!('error' in body)) return new ApiError(response.status, `otlp ${body.code}`, body.message, requestId);
    const { error } = body;
    return new ApiError(response.status, error.code, error.message, requestId, error);
  } catch {
    const text = `The collector answered ${response.status} ${response.statusText}`.trim();
    return new ApiError(response.status, 'unexpected', `${text}.`, requestId);
  }
}

/** How an answer becomes what it says. */
type Read = (response: Response) => Promise<unknown>;
const plain: Read = (response) => response.json();
/** For answers that hold attributes and bodies. */
export const exactly: Read = async (response) => readExactly(await response.text());

/** Reads one answer of the API below api/v1. Throws ApiError and Unreachable. */
export async function get<T>(path: string, params: Params, signal?: AbortSignal, read = plain): Promise<T> {
  return (await read(await opened(path, params, 'application/json', signal))) as T;
}

/** Changes something; an answer without a body is undefined. Throws ApiError and Unreachable. */
export async function send<T>(
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  signal?: AbortSignal,
  read = plain,
): Promise<T> {
  const response = await request(address(`api/v1/${path}`), {
    method,
    headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  });
  if (!response.ok) throw await failure(response);
  return (response.status === 204 ? undefined : await read(response)) as T;
}

/** Sends a file as the body. Throws ApiError and Unreachable. */
export async function upload<T>(path: string, file: Blob, signal: AbortSignal): Promise<T> {
  const response = await request(address(`api/v1/${path}`), {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/octet-stream' },
    body: file,
    signal,
  });
  if (!response.ok) throw await failure(response);
  return (await response.json()) as T;
}

export const fetchServices = (params: Params, signal?: AbortSignal): Promise<ServiceList> =>
  get('services', params, signal);
/** The services by the places of their colours. */
export const fetchColours = (signal?: AbortSignal): Promise<ColourList> => get('colours', {}, signal);
export const fetchTraces = (params: Params, signal?: AbortSignal): Promise<TraceList> => get('traces', params, signal);
/** A form of a trace as it is. */
export async function fetchText(path: string, signal?: AbortSignal): Promise<string> {
  const response = await request(address(path), signal ? { signal } : {});
  if (!response.ok) throw await failure(response);
  return response.text();
}

/** An answer of the API that is good, as yet unread. Throws ApiError and Unreachable. */
export async function opened(path: string, params: Params, accept: string, signal?: AbortSignal): Promise<Response> {
  const response = await request(address(`api/v1/${path}`, params), {
    headers: { accept },
    ...(signal ? { signal } : {}),
  });
  if (!response.ok) throw await failure(response);
  return response;
}

/** Columns as docs/api.md lays them out. */
const getColumns = async (path: string, params: Params, signal?: AbortSignal): Promise<ArrayBuffer> =>
  (await opened(path, params, '*/*', signal)).arrayBuffer();

export const fetchTraceColumns = (id: string, signal?: AbortSignal): Promise<ArrayBuffer> =>
  getColumns(`traces/${encodeURIComponent(id)}/columns`, {}, signal);
/** Which spans of a trace a query finds. */
export const fetchMatches = (id: string, q: string, signal?: AbortSignal): Promise<ArrayBuffer> =>
  getColumns(`traces/${encodeURIComponent(id)}/matches`, { q }, signal);

/** Spans of a trace with all that they carry, at most 200. */
export async function fetchSpans(id: string, ids: readonly string[], signal?: AbortSignal): Promise<SpanDetail[]> {
  const path = `traces/${encodeURIComponent(id)}/spans`;
  return (await send<{ spans: SpanDetail[] }>('POST', path, { ids }, signal, exactly)).spans;
}
export const fetchLogs = (params: Params, signal?: AbortSignal): Promise<LogList> =>
  get('logs', params, signal, exactly);
export const fetchStatus = (signal?: AbortSignal): Promise<Status> => get('status', {}, signal);

async function session(init: RequestInit): Promise<Session> {
  const response = await request(address('api/v1/session'), {
    ...init,
    headers: { accept: 'application/json', 'content-type': 'application/json' },
  });
  if (!response.ok) throw await failure(response);
  return (await response.json()) as Session;
}

export const fetchSession = (signal: AbortSignal): Promise<Session> => session({ signal });
/** Shows a key once; the answer sets a cookie that no script can read. */
export const openSession = (key: string): Promise<Session> =>
  session({ method: 'POST', body: JSON.stringify({ key }) });
export const closeSession = (): Promise<Session> => session({ method: 'DELETE' });

/** Whether the collector is there and ready; never throws. */
export async function isReady(): Promise<boolean> {
  try {
    const response = await fetch(new URL('readyz', document.baseURI), { cache: 'no-store' });
    if (response.ok) tell(true);
    return response.ok;
  } catch {
    return false;
  }
}

/** Sends OTLP as JSON through the same door as every service. */
export async function sendOtlp(signal: 'traces' | 'logs', body: unknown): Promise<void> {
  const response = await request(address(`v1/${signal}`), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw await failure(response);
}
