/** Remembers what was worked out of a row, for as long as what is returned is used: of rows that are drawn again and again. */
export function perRow<T>(work: (row: number) => T): (row: number) => T {
  const known = new Map<number, T>();
  return (row) => {
    let found = known.get(row);
    if (found === undefined) {
      found = work(row);
      known.set(row, found);
    }
    return found;
  };
}
