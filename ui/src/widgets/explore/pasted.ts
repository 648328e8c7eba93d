/** Goes to what an id that was typed alone names. */
import { fetchFoundSpans } from '../../api/search';
import { pastedId } from '../../model/query-text';
import { go } from '../../route/router.svelte';
import { tracePath } from '../../route/url';

/** Whether the text was such an id. 16 digits name a span or, since B3 has ids of 64 bits, a trace. */
export async function openPasted(text: string): Promise<boolean> {
  const pasted = pastedId(text);
  if (!pasted) return false;
  if (pasted.trace) go(tracePath(pasted.trace, { sel: pasted.span }), 'push');
  else {
    const found = await fetchFoundSpans({ q: `span_id:${pasted.span}`, limit: 1 }).catch(() => null);
    const span = found?.spans[0];
    if (span) go(tracePath(span.trace_id, { sel: span.span_id }), 'push');
    else go(tracePath(pasted.span!.padStart(32, '0')), 'push');
  }
  return true;
}
