/** What can be gone to by name. */

export interface Entry {
  readonly kind: 'page' | 'service' | 'command' | 'trace' | 'search';
  readonly name: string;
  readonly hint: string;
  readonly run: () => void;
}

/** Best first: names that begin with the text, then those of which a word does, then those that hold it, then its letters in order. */
export function rank(entries: readonly Entry[], text: string): Entry[] {
  const wanted = text.trim().toLowerCase();
  return entries
    .map((entry, index) => ({ entry, index, score: score(entry.name.toLowerCase(), wanted) }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score || one.index - other.index)
    .map(({ entry }) => entry);
}

function score(name: string, wanted: string): number {
  if (wanted === '' || name.startsWith(wanted)) return 4;
  const at = name.indexOf(wanted);
  if (at > 0) return /[\p{L}\p{N}]/u.test(name[at - 1]!) ? 2 : 3;
  return inOrder(name, wanted) ? 1 : 0;
}

function inOrder(name: string, wanted: string): boolean {
  let at = -1;
  for (const letter of wanted) {
    at = name.indexOf(letter, at + 1);
    if (at < 0) return false;
  }
  return true;
}
