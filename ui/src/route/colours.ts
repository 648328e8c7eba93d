/** What is asked for before the first page is drawn: which service has which colour. */
import { fetchColours } from '../api/client';
import { takeColours } from './preferences.svelte';

/** Long enough for an answer that is there, too short to be felt as waiting. */
export const PATIENCE_MS = 800;

/** Without an answer the colours are those that this browser was told last. */
export async function learnColours(signal?: AbortSignal): Promise<void> {
  await fetchColours(signal)
    .then((list) => takeColours(list.services))
    .catch(() => undefined);
}
