/** A change of a cluster that stands: what it comes to, before it is applied. */
import type { Review } from '../bindings/Review';

const PAUSE_MS = 250;

export abstract class Change {
  readonly deployment: string;
  /** What it comes to; `null`: not known yet. */
  review = $state.raw<Review | null>(null);
  asking = $state(false);
  readonly #fail: (thrown: unknown) => void;
  #asked = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(deployment: string, fail: (thrown: unknown) => void) {
    this.deployment = deployment;
    this.#fail = fail;
  }

  protected abstract question(): Promise<Review>;

  /** Nobody is asked for each key. */
  later(): void {
    this.asking = true;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => void this.ask(), PAUSE_MS);
  }

  /** Only the answer to the last question counts. */
  async ask(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.asking = true;
    try {
      const review = await this.question();
      if (asked === this.#asked) this.review = review;
    } catch (thrown) {
      if (asked !== this.#asked) return;
      this.review = null;
      this.#fail(thrown);
    } finally {
      if (asked === this.#asked) this.asking = false;
    }
  }
}
