/** Where we are. Every write says whether it is a navigation (push) or an adjustment (replace). */
import { type Patch, parseRoute, type Route, withQuery } from './url';

const base = new URL(document.baseURI).pathname;
let current = $state.raw<Route>(read());
let pending: ReturnType<typeof setTimeout> | undefined;
let pendingPatch: Patch = {};

function read(): Route {
  return parseRoute(location.pathname, location.search, base);
}

export const router = {
  get route(): Route {
    return current;
  },
};

/** Goes to a path that is relative to <base>. */
export function go(path: string, mode: 'push' | 'replace'): void {
  flush();
  const url = new URL(path, document.baseURI);
  if (mode === 'push' && url.href !== location.href) history.pushState({}, '', url);
  else history.replaceState(history.state, '', url);
  current = read();
}

export function setQuery(patch: Patch, mode: 'push' | 'replace'): void {
  flush();
  const search = withQuery(current.query, patch);
  if (search === location.search) return;
  if (mode === 'push') history.pushState({}, '', location.pathname + search);
  else history.replaceState(history.state, '', location.pathname + search);
  current = read();
}

/** For what changes many times a second: written once it rests, since browsers refuse too many writes. */
export function setQuerySoon(patch: Patch): void {
  pendingPatch = { ...pendingPatch, ...patch };
  clearTimeout(pending);
  pending = setTimeout(flush, 250);
}

function flush(): void {
  clearTimeout(pending);
  if (Object.keys(pendingPatch).length === 0) return;
  const patch = pendingPatch;
  pendingPatch = {};
  setQuery(patch, 'replace');
}

/** What Back should find again and the address does not say, such as a scroll position. */
export function remember(key: string, value: unknown): void {
  history.replaceState({ ...history.state, [key]: value }, '', location.href);
}

export function remembered<T>(key: string): T | undefined {
  return (history.state as Record<string, T> | null)?.[key];
}

/** Follows plain clicks on links of the view without loading the page anew. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  const link = (event.target as Element | null)?.closest('a');
  if (link?.target !== '' || link.hasAttribute('download')) return;
  const url = new URL(link.href, document.baseURI);
  if (url.origin !== location.origin || !url.pathname.startsWith(base) || link.dataset.native !== undefined) return;
  event.preventDefault();
  remember('followed', link.getAttribute('href'));
  go(url.href, 'push');
}

window.addEventListener('popstate', () => {
  clearTimeout(pending);
  pendingPatch = {};
  current = read();
});
