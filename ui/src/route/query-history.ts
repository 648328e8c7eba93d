/** The searches of this browser, newest first: what an empty search field offers. */
const MOST = 30;

function load(page: string): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(`spanwise.history.${page}`) ?? '[]');
    return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

export const searched = (page: string): readonly string[] => load(page);

export function keepSearch(page: string, text: string): void {
  if (text === '') return;
  const kept = [text, ...load(page).filter((one) => one !== text)].slice(0, MOST);
  try {
    localStorage.setItem(`spanwise.history.${page}`, JSON.stringify(kept));
  } catch {
    // Storage may be full or forbidden: then nothing is offered next time.
  }
}
