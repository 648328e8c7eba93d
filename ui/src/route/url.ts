/** Addresses ↔ routes. The path is the object, the query is the view; keys that are not known stay where they are. */

export type RouteName = 'home' | 'traces' | 'trace' | 'logs' | 'start' | 'unknown';

export interface Route {
  readonly name: RouteName;
  /** The trace's id on the trace page, else empty. */
  readonly id: string;
  readonly query: URLSearchParams;
}

const PAGES: Record<string, RouteName> = { '': 'home', traces: 'traces', logs: 'logs', start: 'start' };

/** `base` is the pathname of <base>, with its slash at the end. */
export function parseRoute(pathname: string, search: string, base: string): Route {
  const query = new URLSearchParams(search);
  const path = pathname.startsWith(base) ? pathname.slice(base.length) : pathname.replace(/^\//, '');
  const parts = path.replace(/\/+$/, '').split('/');
  if (parts.length === 2 && parts[0] === 't') return { name: 'trace', id: traceId(safeDecode(parts[1]!)), query };
  const page = parts.length === 1 ? PAGES[parts[0]!] : undefined;
  return { name: page ?? 'unknown', id: '', query };
}

/** B3 knows ids of 64 bits: they are kept with zeros before them. */
function traceId(text: string): string {
  return /^[0-9a-f]{16}$/i.test(text) ? text.toLowerCase().padStart(32, '0') : text.toLowerCase();
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export type Patch = Record<string, string | null>;

/** The query with the patch applied; null and empty remove a key. Written readable: colons, slashes and commas stay. */
export function withQuery(query: URLSearchParams, patch: Patch): string {
  const next = new URLSearchParams(query);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === '') next.delete(key);
    else next.set(key, value);
  }
  const text = next.toString().replace(/%3A/g, ':').replace(/%2F/g, '/').replace(/%2C/g, ',');
  return text === '' ? '' : `?${text}`;
}

/** A link's href, relative to <base>. */
export function tracePath(id: string, patch: Patch = {}): string {
  return `t/${encodeURIComponent(id)}${withQuery(new URLSearchParams(), patch)}`;
}

/** Home is the base itself: `./` of it. */
export function pagePath(page: 'home' | 'traces' | 'logs' | 'start', patch: Patch = {}): string {
  return `${page === 'home' ? './' : page}${withQuery(new URLSearchParams(), patch)}`;
}
