/** The slowest spans of a search. Spans come by their time: which are slowest is asked for before them. */
import { fetchFoundSpans, fetchGroups } from '../../api/search';
import type { FoundSpan } from '../../api/types';
import { slowestFrom, slowestOf } from '../../model/operation-page';
import type { ApiParams } from '../../model/search-params';

/** A percentile leaves up to twice as many as are wanted. */
const SPARE = 2;

/** At most so many, the slowest first. `params`: the time range. */
export async function fetchSlowest(
  terms: string,
  params: ApiParams,
  most: number,
  signal: AbortSignal,
): Promise<FoundSpan[]> {
  const figure = async (measure: string, from: string): Promise<number> => {
    const { groups } = await fetchGroups({ ...params, q: `${terms}${from} | ${measure}` }, signal);
    return groups[0]?.values[0] ?? 0;
  };
  let from = '';
  for (;;) {
    const percentile = slowestFrom(await figure('count', from), most);
    const next = percentile && ` duration>=${Math.floor(await figure(`${percentile}(duration)`, from))}ns`;
    // Where many last equally long, which of them are shown says nothing.
    if (!next || next === from) break;
    from = next;
  }
  const { spans } = await fetchFoundSpans({ ...params, q: `${terms}${from}`, limit: most * SPARE }, signal);
  return slowestOf(spans, most);
}
