/** How a running copy of a service is called where there is little room. */

const RANDOM = /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{20,})$/i;

/** An id that nobody can read is told from others by its beginning; a name that somebody gave stays as it is. */
export const shortInstance = (name: string): string => (RANDOM.test(name) ? name.slice(0, 8) : name);
