/** The bookmarks of this browser, the same in all parts of the page. */
import type { LogRecord } from '../../api/types';
import { type Bookmark, isTooLong, readBookmarks, recordKey, toggled } from '../../model/bookmarks';
import { keep, kept } from '../../route/kept';

const NAME = 'bookmarks';

class Bookmarks {
  list = $state.raw<readonly Bookmark[]>(kept(NAME, readBookmarks));
  /** What was last done, for those who do not see the mark. */
  said = $state('');
  readonly #keys = $derived(new Set(this.list.map(({ log }) => recordKey(log))));

  has(log: LogRecord): boolean {
    return this.#keys.size > 0 && this.#keys.has(recordKey(log));
  }

  toggle(log: LogRecord): void {
    const had = this.has(log);
    if (!had && isTooLong(log)) {
      this.said = 'This record is too long to be kept as a bookmark.';
      return;
    }
    // Another tab may have marked some meanwhile.
    this.#set(toggled(kept(NAME, readBookmarks), log, Date.now()));
    this.said = had ? 'Bookmark taken away' : 'Bookmarked';
  }

  clear(): void {
    this.#set([]);
    this.said = 'No bookmark is left';
  }

  #set(list: readonly Bookmark[]): void {
    this.list = list;
    keep(NAME, list);
  }
}

export const bookmarks = new Bookmarks();

addEventListener('storage', (event) => {
  if (event.key === `spanwise.${NAME}`) bookmarks.list = kept(NAME, readBookmarks);
});
