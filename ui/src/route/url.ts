/** Addresses ↔ routes. The path is the object, the query is the view; keys that are not known stay where they are. */

/** Pages that are alone on their path. */
export type Page =
  | 'home'
  | 'traces'
  | 'logs'
  | 'errors'
  | 'start'
  | 'diagnosis'
  | 'map'
  | 'nodes'
  | 'compare'
  | 'settings';

export type RouteName = Page | 'trace' | 'service' | 'operation' | 'error' | 'unknown';

export interface Route {
  readonly name: RouteName;
  /** What the page is about: the trace's id, the service's name (`op` of the query is its operation), the group's fingerprint, a part of the settings; else empty. */
  readonly id: string;
  readonly query: URLSearchParams;
}

/** Maps, since a path may be any word, `constructor` as well. */
const PAGES: ReadonlyMap<string, Page> = new Map(
  Object.entries({
    '': 'home',
    traces: 'traces',
    logs: 'logs',
    start: 'start',
    errors: 'errors',
    diagnosis: 'diagnosis',
    map: 'map',
    nodes: 'nodes',
    compare: 'compare',
    settings: 'settings',
  } as const),
);

/** Pages about one thing, by the first part of their path. */
const OBJECTS: ReadonlyMap<string, RouteName> = new Map(
  Object.entries({ t: 'trace', services: 'service', errors: 'error', settings: 'settings' } as const),
);

/** `base` is the pathname of <base>, with its slash at the end. */
export function parseRoute(pathname: string, search: string, base: string): Route {
  const query = new URLSearchParams(search);
  const path = pathname.startsWith(base) ? pathname.slice(base.length) : pathname.replace(/^\//, '');
  const parts = path.replace(/\/+$/, '').split('/');
  const known: ReadonlyMap<string, RouteName> = parts.length === 1 ? PAGES : OBJECTS;
  const name = (parts.length <= 2 ? known.get(parts[0]!) : undefined) ?? 'unknown';
  const id = parts.length === 2 && name !== 'unknown' ? safeDecode(parts[1]!) : '';
  if (name === 'service' && query.has('op')) return { name: 'operation', id, query };
  return { name, id: name === 'trace' ? traceId(id) : id, query };
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
  return objectPath('t', id, patch);
}

export function servicePath(name: string, patch: Patch = {}): string {
  return objectPath('services', name, patch);
}

/** In the query, since names hold slashes that proxies do not leave alone. One without a name has no page. */
export function operationPath(service: string, operation: string, patch: Patch = {}): string {
  return servicePath(service, { op: operation, ...patch });
}

export function errorPath(fingerprint: string, patch: Patch = {}): string {
  return objectPath('errors', fingerprint, patch);
}

export function settingsPath(part: string): string {
  return objectPath('settings', part, {});
}

function objectPath(folder: string, id: string, patch: Patch): string {
  return `${folder}/${encodeURIComponent(id)}${withQuery(new URLSearchParams(), patch)}`;
}

/** Home is the base itself: `./` of it. */
export function pagePath(page: Page, patch: Patch = {}): string {
  return `${page === 'home' ? './' : page}${withQuery(new URLSearchParams(), patch)}`;
}
