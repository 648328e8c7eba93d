/** An empty store gets the first steps instead of an empty page. */
import { fetchStatus } from '../api/client';
import type { Status } from '../api/types';
import { go, router } from '../route/router.svelte';
import { pagePath } from '../route/url';

/** Asks what is stored, and goes to the start where that is nothing; null where the collector does not say. */
export async function startWhereNothingIs(): Promise<Status | null> {
  const { name } = router.route;
  const status = await fetchStatus().catch(() => null);
  if (status?.span_count === 0 && status.log_count === 0 && router.route.name === name)
    go(pagePath('start'), 'replace');
  return status;
}
