/** The link to a view that is copied. */
import { keepLink } from '../api/search';
import { LONGEST_LINK, namedLink } from '../model/pinned-link';

/** The address, or where it is too long for a link one by which the collector finds it again. */
export async function linkTo(href: string): Promise<string> {
  if (href.length <= LONGEST_LINK) return href;
  try {
    return namedLink(href, (await keepLink(new URL(href).search.slice(1))).hash);
  } catch {
    // What is long still leads here, wherever nothing cuts it.
    return href;
  }
}
