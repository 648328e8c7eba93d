/** Moving through the rows of a list with the keyboard: j and k, arrows, Home and End. */
import { hasModifier } from '../base/keys';
import { pressed } from '../route/pressed';

const STEPS: Record<string, number> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 15,
  PageUp: -15,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** How far a key goes; undefined where it is none of them. */
export function stepOf(event: KeyboardEvent): number | undefined {
  if (pressed(event, 'nextRow')) return 1;
  if (pressed(event, 'previousRow')) return -1;
  return hasModifier(event) ? undefined : STEPS[event.key];
}

/** Gives the focus to the next thing of its kind; the page scrolls with it. */
export function moveFocus(event: KeyboardEvent, holder: HTMLElement, selector: string): void {
  const step = stepOf(event);
  if (step === undefined) return;
  const rows = [...holder.querySelectorAll<HTMLElement>(selector)];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  rows[Math.min(Math.max(at + step, 0), rows.length - 1)]?.focus();
  event.preventDefault();
}
