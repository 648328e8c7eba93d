/** An address that shows tomorrow what it shows now. */
import { resolve } from './time-range';

/** Which words an address is written in: the `v` of links that are copied. It changes when old links would be misread. */
export const ADDRESS_FORM = '1';

/** `usual` is where the page's range begins when the address does not say; null where the page has no range. */
export function pinnedLink(href: string, usual: string | null, nowMs: number): string {
  const url = new URL(href);
  if (usual !== null && !url.searchParams.has('from') && !url.searchParams.has('to'))
    url.searchParams.set('from', usual);
  const pinned = ['from', 'to'].filter((key) => pin(url, key, nowMs));
  if (pinned.includes('from') && !url.searchParams.has('to')) url.searchParams.set('to', new Date(nowMs).toISOString());
  if (url.search !== '') url.searchParams.set('v', ADDRESS_FORM);
  return url.href.replace(/%3A/g, ':').replace(/%2F/g, '/').replace(/%2C/g, ',');
}

/** Longer ones are cut or refused by what links go through. */
export const LONGEST_LINK = 2000;

/** The same address with the name of its query, which the collector keeps, in the place of the query. */
export function namedLink(href: string, hash: string): string {
  const url = new URL(href);
  url.search = `?s=${hash}`;
  return url.href;
}

/** The query that a link's name stands for; what stands beside the name in the address counts more. */
export function unnamedQuery(query: URLSearchParams, kept: string): URLSearchParams {
  const whole = new URLSearchParams(kept);
  for (const [key, value] of query) whole.set(key, value);
  whole.delete('s');
  return whole;
}

/** Whether the time was relative and is now absolute. */
function pin(url: URL, key: string, nowMs: number): boolean {
  const text = url.searchParams.get(key);
  const ms = text?.startsWith('now') ? resolve(text, nowMs) : null;
  if (ms === null) return false;
  url.searchParams.set(key, new Date(ms).toISOString());
  return true;
}
