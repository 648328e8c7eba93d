/** Asks the collector how a span's duration compares with those of its operation before the trace. */
import { fetchGroups } from '../../api/search';
import { formatTerm } from '../../model/query-text';
import { LEAST_HISTORY, type Standing } from '../../model/standing';
import { kindOf, nameOf, serviceOf, type TraceModel } from '../../model/trace-model';

const HOUR = 3600e9;
/** A day is looked at only where an hour has too few: it reads as much more. */
const HOURS = [1, 24] as const;

export async function fetchStanding(model: TraceModel, row: number, signal: AbortSignal): Promise<Standing> {
  const kind = kindOf(model, row);
  const terms = [
    formatTerm('service', ':', serviceOf(model, row)),
    formatTerm('name', ':', nameOf(model, row)),
    formatTerm('kind', ':', kind),
  ].join(' ');
  const end = model.facts.start_time_unix_nano;
  const counted = async (q: string, hours: number): Promise<number> => {
    const answer = await fetchGroups({ q: `${q} | count`, start: end - hours * HOUR, end }, signal);
    return answer.groups[0]?.values[0] ?? 0;
  };
  let found: Standing = { of: 0, below: 0, hours: HOURS[0] };
  for (const hours of HOURS) {
    const [of, below] = await Promise.all([
      counted(terms, hours),
      counted(`${terms} duration<${Math.round(model.duration[row]!)}ns`, hours),
    ]);
    found = { of, below, hours };
    if (of >= LEAST_HISTORY) break;
  }
  return found;
}
