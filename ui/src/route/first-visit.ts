/** What is asked for before the first page is drawn. */
import { fetchServices } from '../api/client';
import { knowsNoService, learnServices } from './preferences.svelte';

/** Long enough for an answer that is there, too short to be felt as waiting. */
export const PATIENCE_MS = 800;

/** The first visit learns all services at once, in the order of their names, so that everyone gives them the same colours. */
export async function learnAllServices(): Promise<void> {
  if (!knowsNoService()) return;
  await fetchServices({}, AbortSignal.timeout(PATIENCE_MS))
    .then((list) => learnServices(list.services.map((service) => service.name)))
    .catch(() => undefined);
}
