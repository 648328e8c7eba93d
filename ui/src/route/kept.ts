/** What this browser keeps for its reader, as JSON below `spanwise.` in the local storage. */

/** `read` turns what is there, by whoever wrote it, into what is meant; null where nothing can be read. */
export function kept<T>(key: string, read: (value: unknown) => T): T {
  try {
    return read(JSON.parse(localStorage.getItem(`spanwise.${key}`) ?? 'null'));
  } catch {
    return read(null);
  }
}

export function keep(key: string, value: unknown): void {
  try {
    localStorage.setItem(`spanwise.${key}`, JSON.stringify(value));
  } catch {
    // Storage may be full or forbidden: it then lasts as long as the page.
  }
}
