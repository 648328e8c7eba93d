/** Whether a key that was pressed is a command: the only place that holds keys against what they mean to the reader. */
import { hasModifier } from '../base/keys';
import { COMMANDS, type CommandName, keyOf, means, PAGE_NAMES, written } from './keymap';
import { preferences } from './preferences.svelte';
import type { Page } from './url';

export const pressed = (event: KeyboardEvent, name: CommandName): boolean =>
  preferences.letterKeys && !hasModifier(event) && means(preferences.keys, name, event);

/** The key of a command as it is shown. */
export const shownKey = (name: CommandName): string => written(keyOf(preferences.keys, name));

/** The same where it is heard: nothing while single keys are off. */
export const heardKey = (name: CommandName): string => (preferences.letterKeys ? shownKey(name) : '');

/** The same behind what a button is called: ` (e)`. */
export const hint = (name: CommandName): string => (heardKey(name) ? ` (${heardKey(name)})` : '');

/** The two keys that go to a page, `g t`; empty where none do, and while single keys are off. */
export function goKeys(page: string): string {
  const name = `go.${page}`;
  return preferences.letterKeys && name in COMMANDS ? `${shownKey('go')} ${shownKey(name as CommandName)}` : '';
}

/** The page that a key goes to, heard after that of `go`. */
export const goesTo = (event: KeyboardEvent): Page | undefined =>
  (Object.keys(PAGE_NAMES) as Page[]).find(
    (page) => `go.${page}` in COMMANDS && pressed(event, `go.${page}` as CommandName),
  );
