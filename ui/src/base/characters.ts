/** The API counts characters of a text; JavaScript counts UTF-16 units, of which some characters have two. */

/** How many characters stand before the unit `index`. */
export function charactersBefore(text: string, index: number): number {
  return [...text.slice(0, index)].length;
}

/** The unit at which the character of this number begins; the text's end where it has fewer. */
export function unitOf(text: string, character: number): number {
  let unit = 0;
  for (let left = character; left > 0 && unit < text.length; left--) unit += text.codePointAt(unit)! > 0xffff ? 2 : 1;
  return unit;
}
