/** Where the focus goes when the page changes: to the page and, on Back, to the link in it that had been followed. */
import { remembered } from './router.svelte';

/** So long may a page take until it has drawn its links; then the reader is left where they are. */
const PATIENCE_MS = 5000;

export function focusPage(main: HTMLElement): void {
  main.focus({ preventScroll: true });
  const followed = remembered<string>('followed');
  if (followed === undefined) return;
  const until = performance.now() + PATIENCE_MS;
  const look = (): void => {
    // The reader, or the page itself, has moved it on.
    if (document.activeElement !== main) return;
    const link = main.querySelector<HTMLElement>(`a[href="${CSS.escape(followed)}"]`);
    if (link) link.focus();
    else if (performance.now() < until) requestAnimationFrame(look);
  };
  look();
}
