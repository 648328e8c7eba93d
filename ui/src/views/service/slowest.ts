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
  let lists = [''];
  for (;;) {
    const from = lists[0]!;
    const percentile = slowestFrom(await figure('count', from), most);
    if (!percentile) break;
    const least = Math.floor(await figure(`${percentile}(duration)`, from));
    const next = ` duration>=${least}ns`;
    // Where many last equally long, which of them are shown says nothing; those that last longer are before them.
    if (next === from) {
      lists = [` duration>${least}ns`, next];
      break;
    }
    lists = [next];
  }
  const found = await Promise.all(
    lists.map((from) => fetchFoundSpans({ ...params, q: `${terms}${from}`, limit: most * SPARE }, signal)),
  );
  return slowestOf(
    found.flatMap(({ spans }) => spans),
    most,
  );
}
