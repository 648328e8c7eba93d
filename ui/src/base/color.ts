/** Which of the ten colours a service has, and its two letters for those who do not see the colour. */

export const SLOTS = 10;

/**
 * Gives each new name the next place, those of a batch by the alphabet, as the collector does. Names that have a place
 * keep it, so a service never changes its colour; `known` is extended in place.
 */
export function assignPlaces(known: Map<string, number>, names: Iterable<string>): Map<string, number> {
  for (const name of [...new Set(names)].sort()) if (!known.has(name)) known.set(name, known.size);
  return known;
}

/** The colour of a place: from the eleventh on they come again, with a pattern. */
export const slotAt = (place: number): number => place % SLOTS;
export const isAgain = (place: number): boolean => place >= SLOTS;

/** The colours of stripes on one: away from that of the text on it, which they make no harder to read. */
export function stripeOn(colour: string): string {
  const goal = textOn(colour) === '#ffffff' ? 0 : 255;
  const mixed = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16);
    return Math.round(value + (goal - value) * 0.5)
      .toString(16)
      .padStart(2, '0');
  });
  return `#${mixed.join('')}`;
}

/** `checkout-api` → `ca`, `payments` → `pa`: the initials of its first two words, else its first two letters. */
export function initials(service: string): string {
  const words = service
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
  if (words.length > 1) return [...words[0]!][0]! + [...words[1]!][0]!;
  return [...(words[0] ?? '?')].slice(0, 2).join('');
}

/** Two letters for each name that no other name has, as far as its letters allow; names that have theirs keep them. */
export function assignBadges(known: Map<string, string>, names: Iterable<string>): Map<string, string> {
  const used = new Set(known.values());
  for (const name of [...names].sort()) {
    if (known.has(name)) continue;
    const letters = [...name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')];
    const choices = [initials(name), ...letters.slice(1).map((letter) => letters[0]! + letter)];
    const badge = choices.find((choice) => !used.has(choice)) ?? choices[0]!;
    used.add(badge);
    known.set(name, badge);
  }
  return known;
}

/** The badges of names that were learnt in this order: one at a time, since those of a batch are given by the alphabet. */
export function recalledBadges(names: Iterable<string>): Map<string, string> {
  const badges = new Map<string, string>();
  for (const name of names) assignBadges(badges, [name]);
  return badges;
}

/** Black or white, whichever has more contrast on a colour written as #rrggbb. */
export function textOn(colour: string): string {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red, green, blue] = channels.map((value) =>
    value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  ) as [number, number, number];
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  // Contrast with white is 1.05 / (l + 0.05), with black (l + 0.05) / 0.05.
  return 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 ? '#ffffff' : '#000000';
}
