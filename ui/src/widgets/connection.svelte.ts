/** Whether the collector answers. When it stops, it is asked again: after 1, 2, 4 … 30 seconds. */
import { isReady, onReachable } from '../api/client';

class Connection {
  lost = $state(false);
  /** Whole seconds until the next try. */
  wait = $state(0);
  #delay = 1;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    onReachable((reachable) => {
      if (reachable) this.#back();
      else if (!this.lost) this.#gone();
    });
  }

  #gone(): void {
    this.lost = true;
    this.#delay = 1;
    this.#countDown();
  }

  #back(): void {
    this.lost = false;
    clearInterval(this.#timer);
  }

  #countDown(): void {
    this.wait = this.#delay;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      this.wait--;
      if (this.wait <= 0) void this.tryNow();
    }, 1000);
  }

  tryNow = async (): Promise<void> => {
    clearInterval(this.#timer);
    this.wait = 0;
    if (await isReady()) return;
    this.#delay = Math.min(this.#delay * 2, 30);
    this.#countDown();
  };
}

export const connection = new Connection();
