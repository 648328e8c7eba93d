/** Keeps what is current in a row of links or tabs in sight, where they do not all fit beside each other. */
export function inSight(current: string): (row: HTMLElement) => () => void {
  return (row) => {
    const show = (): void => {
      const one = row.querySelector(current)?.getBoundingClientRect();
      if (!one) return;
      // Sideways alone: the page itself stays where its reader has scrolled it.
      const { left, right } = row.getBoundingClientRect();
      if (one.left < left) row.scrollLeft += one.left - left;
      else if (one.right > right) row.scrollLeft += one.right - right;
    };
    const resized = new ResizeObserver(show);
    const changed = new MutationObserver(show);
    resized.observe(row);
    changed.observe(row, { subtree: true, attributeFilter: ['aria-current', 'aria-pressed'] });
    return () => {
      resized.disconnect();
      changed.disconnect();
    };
  };
}
