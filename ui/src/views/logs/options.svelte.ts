/** How lines are shown on this machine: not part of a view, so not in its address. */
import { preferences } from '../../route/preferences.svelte';

export const options = {
  get wrap(): boolean {
    return preferences.sizes.logWrap === 1;
  },
  set wrap(on: boolean) {
    preferences.setSize('logWrap', on ? 1 : 0);
  },
};
