/** Which of the ten colours a service has, and its two letters for those who do not see the colour. */

export const SLOTS = 10;

/** FNV-1a: the same name gives the same number in every browser. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}

/**
 * Gives each new name the slot of its hash or, where that is taken, the least used slot after it.
 * Names that have a slot keep it, so a service never changes its colour; `known` is extended in place.
 */
export function assignSlots(known: Map<string, number>, names: Iterable<string>): Map<string, number> {
  const used = new Array<number>(SLOTS).fill(0);
  for (const slot of known.values()) used[slot]!++;
  for (const name of [...names].sort()) {
    if (known.has(name)) continue;
    const wanted = hash(name) % SLOTS;
    const least = Math.min(...used);
    let slot = wanted;
    while (used[slot]! > least) slot = (slot + 1) % SLOTS;
    used[slot]!++;
    known.set(name, slot);
  }
  return known;
}

/** `checkout-api` → `ca`, `payments` → `pa`: the initials of its first two words, else its first two letters. */
export function initials(service: string): string {
  const words = service.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const letters =
    words.length > 1 ? [...words[0]!][0]! + [...words[1]!][0]! : [...(words[0] ?? '?')].slice(0, 2).join('');
  return letters.toLowerCase();
}
