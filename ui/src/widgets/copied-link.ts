/** The link to a view that is copied. */
import { keepLink } from '../api/search';
import { LONGEST_LINK, namedLink } from '../model/pinned-link';

/** A press that is older than some seconds lets no page copy any more. */
const PATIENCE_MS = 2000;

/** The address, or where it is too long for a link one by which the collector finds it again. */
export const linkTo = (href: string): string | Promise<string> =>
  href.length <= LONGEST_LINK ? href : shortened(href);

async function shortened(href: string): Promise<string> {
  try {
    const { hash } = await keepLink(new URL(href).search.slice(1), AbortSignal.timeout(PATIENCE_MS));
    return namedLink(href, hash);
  } catch {
    // What is long still leads here, wherever nothing cuts it.
    return href;
  }
}
