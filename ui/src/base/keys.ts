/** Keys of the keyboard. */

/** Whether a single letter typed here is text, or a key that is asked for, and not a command. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  if (!target) return false;
  if (target.isContentEditable || target.dataset.takesKeys !== undefined) return true;
  const name = target.tagName;
  if (name === 'INPUT') return !['checkbox', 'radio', 'button', 'range'].includes((target as HTMLInputElement).type);
  return name === 'TEXTAREA' || name === 'SELECT';
}

export function hasModifier(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey;
}
