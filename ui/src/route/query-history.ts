/** The searches of this browser, newest first: what an empty search field offers. */
import { keep, kept } from './kept';

const MOST = 30;

export const searched = (page: string): readonly string[] =>
  kept(`history.${page}`, (value) => (Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []));

export function keepSearch(page: string, text: string): void {
  if (text === '') return;
  keep(`history.${page}`, [text, ...searched(page).filter((one) => one !== text)].slice(0, MOST));
}
