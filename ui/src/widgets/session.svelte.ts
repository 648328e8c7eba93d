/** Whether the collector wants a key from this browser, and whose data a shown one opens. The key itself is never kept. */
import { closeSession, fetchSession, onLocked, openSession } from '../api/client';
import type { Session as Answer } from '../api/types';
import { learnColours, PATIENCE_MS } from '../route/colours';

export class Session {
  /** Nothing can be shown until a key is. The address stays as it is meanwhile. */
  wanted = $state(false);
  /** A session was open on this page, and is no more. */
  ended = $state(false);
  /** The project of the key that was shown; null where none was. */
  project = $state<string | null>(null);

  constructor() {
    onLocked(() => {
      this.ended ||= this.project !== null;
      this.project = null;
      this.wanted = true;
    });
  }

  /** Ask how things stand. A collector that does not answer is said elsewhere. */
  look = async (patience: number): Promise<void> => {
    try {
      this.#learn(await fetchSession(AbortSignal.timeout(patience)));
    } catch {
      // The pages find out by themselves.
    }
  };

  /** Exchange a key for a cookie. Throws ApiError and Unreachable. */
  open = async (key: string): Promise<void> => {
    const answer = await openSession(key);
    await learnColours(AbortSignal.timeout(PATIENCE_MS));
    this.#learn(answer);
    this.ended = false;
  };

  /** Log out. Throws ApiError and Unreachable. */
  close = async (): Promise<void> => {
    this.#learn(await closeSession());
    this.ended = false;
  };

  #learn(answer: Answer): void {
    this.project = answer.project ?? null;
    this.wanted = answer.required && !answer.open;
  }
}

export const session = new Session();
