/** Lists line by line: what is found first is there before all of the range has been looked at (docs/api.md). */
import { ApiError, opened, type Params, Unreachable } from './client';
import { readExactly } from './exact';
import type { ErrorBody, TraceList } from './types';

/** What every list says of itself. */
export type Coverage = Omit<TraceList, 'traces'>;

export interface Lines<Item> {
  readonly items: readonly Item[];
  readonly coverage: Coverage;
}

/** What a search has cost until now: rows read, and ns. */
export interface Progress {
  readonly rows_scanned: number;
  readonly time: number;
}

type BrokenOff = ErrorBody & { readonly status: number };
type OwnLine = { readonly coverage: Coverage } | { readonly progress: Progress } | BrokenOff;

/** Neither a trace nor a span nor a log record has such a key. */
const isOwn = (read: object): read is OwnLine => 'coverage' in read || 'progress' in read || 'error' in read;

/**
 * The whole list. `found` is told of its beginning, and how far the search is, each time more of it has come. Throws
 * ApiError and Unreachable, also where it breaks off.
 */
export async function fetchLines<Item extends object>(
  path: 'traces' | 'spans' | 'logs',
  params: Params,
  found: (items: readonly Item[], progress: Progress | null) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Lines<Item>> {
  const response = await opened(path, params, 'application/x-ndjson;progress=on', signal);
  const items: Item[] = [];
  let progress: Progress | null = null;
  for await (const lines of pieces(response)) {
    for (const line of lines) {
      const read = readExactly<Item | OwnLine>(line);
      if (!isOwn(read)) items.push(read);
      else if ('progress' in read) progress = read.progress;
      else if ('coverage' in read) return { items, coverage: read.coverage };
      else throw new ApiError(read.status, read.error.code, read.error.message, requestOf(response), read.error);
    }
    found([...items], progress);
  }
  throw new ApiError(503, 'unexpected', 'The answer ended before it was whole.', requestOf(response));
}

const requestOf = (response: Response): string | null => response.headers.get('x-request-id');

/** Whole lines, as they come. */
async function* pieces(response: Response): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  const reader = response.body!.getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = lines.pop()!;
      if (lines.length > 0) yield lines;
    }
  } catch (error) {
    if (error instanceof DOMException) throw error;
    throw new Unreachable('The collector stopped in the middle of its answer.', { cause: error });
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}
